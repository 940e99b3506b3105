//! Makes the foreign proofs of `fixtures/foreign-proofs` anew.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let made = foreign_tools::made()?;
    let root = foreign_tools::fixtures_folder();
    made.iter().try_for_each(|files| Ok(files.write(&root)?))
}
