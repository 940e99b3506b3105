//! A picture of scripts: their bytes in order, in rows like text, coloured by the piece they belong to.

use crate::svg::{Paint, Rect, Svg};
use crate::values::grouped;
use std::ops::Range;

/// A run of bytes with a name; many runs may share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) bytes: Range<usize>,
    pub(crate) name: String,
}

/// What is drawn.
#[derive(Clone, Debug)]
pub(crate) struct ScriptMap {
    pub(crate) title: String,
    pub(crate) subtitle: String,
    /// Each script's name and its pieces in order, without gaps.
    pub(crate) scripts: Vec<(String, Vec<Piece>)>,
}

/// Light by default, dark where the reader prefers that. Colours of pieces are of middling lightness and serve both.
const STYLE: &str = "\
.back{fill:#ffffff}.grid{fill:#ffffff}\
text{font-family:system-ui,'Segoe UI',Helvetica,Arial,sans-serif;font-size:12px;fill:#1f2328}\
.title{font-size:18px;font-weight:600}.head{font-size:13px;font-weight:600}\
.dim{fill:#59636e}.right{text-anchor:end}.small{font-size:10px;fill:#59636e;text-anchor:end}\
@media (prefers-color-scheme:dark){.back,.grid{fill:#0d1117}text{fill:#e6edf3}.dim,.small{fill:#9198a1}}";

/// One colour for each piece, by size; the smallest share what is left over, in turn.
const COLOURS: [&str; 28] = [
    "#4c78a8", "#f58518", "#54a24b", "#e45756", "#b279a2", "#2aa198", "#d4a72c", "#9d755d", "#ff7fb0", "#7a6ff0",
    "#6b9e1f", "#c0563b", "#3aa0d8", "#8a8f98", "#c65bcf", "#0f8a6d", "#b08d57", "#e0733d", "#5f7fd6", "#98a637",
    "#5b8c5a", "#c98686", "#6c8ebf", "#b5a642", "#d1477a", "#3f9d9d", "#a0703c", "#8d6bb8",
];

const MARGIN: f64 = 24.0;
/// Left of the map: offsets of rows.
const OFFSETS: f64 = 52.0;
const MAP_WIDTH: f64 = 560.0;
const ROW: f64 = 10.0;
/// Of a row, the part that is not coloured.
const GAP: f64 = 1.0;
const LEGEND_GAP: f64 = 32.0;
const LEGEND_WIDTH: f64 = 380.0;
const LEGEND_ROW: f64 = 17.0;
/// Above the first script, and above each script's rows.
const HEADER: f64 = 84.0;
const HEAD: f64 = 24.0;
/// Lines of cells in a row.
const N_CELLS: usize = 32;
const MIN_ROW_BYTES: usize = 512;
/// Longer scripts get longer rows.
const MAX_ROWS: usize = 96;
/// Longest name that fits its column.
const MAX_NAME: usize = 40;
/// Longest line below the title that fits the picture.
const MAX_SUBTITLE: usize = 140;

/// What belongs to one name.
struct Group<'a> {
    name: &'a str,
    bytes: usize,
    colour: &'static str,
}

impl ScriptMap {
    /// The picture as SVG.
    pub(crate) fn to_svg(&self) -> String {
        let row_bytes = self.row_bytes();
        let total: usize = self.scripts.iter().map(|(_, pieces)| len(pieces)).sum();
        let width = 2.0 * MARGIN + OFFSETS + MAP_WIDTH + LEGEND_GAP + LEGEND_WIDTH;
        let mut svg = Svg::new(width, HEADER + self.heights(row_bytes).iter().sum::<f64>(), STYLE);
        let whole = Rect { x: 0.0, y: 0.0, width, height: svg.height() };
        svg.rects(&[whole], Paint::Class("back"), "");
        svg.text(MARGIN, 34.0, "title", &self.title);
        svg.text(MARGIN, 54.0, "dim", &shortened(&self.subtitle, MAX_SUBTITLE));
        let cell = row_bytes / N_CELLS;
        let scale = format!("In script order, {} bytes a row, {cell} bytes a cell", grouped(row_bytes));
        svg.text(MARGIN, 72.0, "dim", &scale);
        let mut top = HEADER;
        for (script, ((name, pieces), height)) in self.scripts.iter().zip(self.heights(row_bytes)).enumerate() {
            let groups = groups(pieces, script);
            draw_rows(&mut svg, name, pieces, &groups, row_bytes, top);
            draw_legend(&mut svg, name, pieces, &groups, total, top);
            top += height;
        }
        svg.finish(&self.title)
    }

    /// The least power of two of bytes a row with few enough rows.
    fn row_bytes(&self) -> usize {
        let n_rows = |row_bytes: usize| -> usize {
            self.scripts.iter().map(|(_, pieces)| len(pieces).div_ceil(row_bytes)).sum()
        };
        let mut row_bytes = MIN_ROW_BYTES;
        while n_rows(row_bytes) > MAX_ROWS {
            row_bytes *= 2;
        }
        row_bytes
    }

    /// The height each script takes: that of its rows or of its legend, whichever is more.
    fn heights(&self, row_bytes: usize) -> Vec<f64> {
        let height = |pieces: &Vec<Piece>| {
            let rows = len(pieces).div_ceil(row_bytes) as f64 * ROW;
            let legend = groups(pieces, 0).len() as f64 * LEGEND_ROW;
            HEAD + rows.max(legend) + MARGIN
        };
        self.scripts.iter().map(|(_, pieces)| height(pieces)).collect()
    }
}

/// Bytes of a script.
fn len(pieces: &[Piece]) -> usize {
    pieces.last().map_or(0, |piece| piece.bytes.end)
}

/// The names with their bytes and colours, largest first. Every other script takes the colours from the end.
fn groups(pieces: &[Piece], script: usize) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for Piece { bytes, name } in pieces {
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.bytes += bytes.len(),
            None => groups.push(Group { name, bytes: bytes.len(), colour: "" }),
        }
    }
    groups.sort_by_key(|group| core::cmp::Reverse(group.bytes));
    for (group, rank) in groups.iter_mut().zip((0..COLOURS.len()).cycle()) {
        group.colour = COLOURS[if script.is_multiple_of(2) { rank } else { COLOURS.len() - 1 - rank }];
    }
    groups
}

fn draw_rows(svg: &mut Svg, name: &str, pieces: &[Piece], groups: &[Group<'_>], row_bytes: usize, top: f64) {
    let left = MARGIN + OFFSETS;
    svg.text(left, top + 12.0, "head", &format!("{name}, {} bytes", grouped(len(pieces))));
    let top = top + HEAD;
    for Piece { bytes, name } in pieces {
        let colour = groups.iter().find(|group| group.name == name).map_or("", |group| group.colour);
        let rects: Vec<Rect> = rows_of(bytes, row_bytes)
            .map(|(row, columns)| Rect {
                x: left + columns.start as f64 * MAP_WIDTH / row_bytes as f64,
                y: top + row as f64 * ROW,
                width: columns.len() as f64 * MAP_WIDTH / row_bytes as f64,
                height: ROW - GAP,
            })
            .collect();
        let (start, len) = (grouped(bytes.start), grouped(bytes.len()));
        svg.rects(&rects, Paint::Fill(colour), &format!("{name}: {len} bytes from {start} on"));
    }
    let n_rows = len(pieces).div_ceil(row_bytes);
    for row in (0..n_rows).step_by(4) {
        let baseline = top + row as f64 * ROW + ROW - 2.0;
        svg.text(left - 6.0, baseline, "small", &grouped(row * row_bytes));
    }
    let line = |cell: usize| Rect {
        x: left + (cell as f64 * MAP_WIDTH / N_CELLS as f64) - 0.25,
        y: top,
        width: 0.5,
        height: n_rows as f64 * ROW,
    };
    svg.rects(&(1..N_CELLS).map(line).collect::<Vec<_>>(), Paint::Class("grid"), "");
}

/// The rows that a run of bytes lies in, and its columns in each.
fn rows_of(bytes: &Range<usize>, row_bytes: usize) -> impl Iterator<Item = (usize, Range<usize>)> {
    let bytes = bytes.clone();
    (bytes.start / row_bytes..bytes.end.div_ceil(row_bytes)).map(move |row| {
        let start = row * row_bytes;
        (row, bytes.start.max(start) - start..bytes.end.min(start + row_bytes) - start)
    })
}

fn draw_legend(svg: &mut Svg, name: &str, pieces: &[Piece], groups: &[Group<'_>], total: usize, top: f64) {
    let left = MARGIN + OFFSETS + MAP_WIDTH + LEGEND_GAP;
    let (bytes_at, share_at) = (left + LEGEND_WIDTH - 70.0, left + LEGEND_WIDTH);
    let share = |bytes: usize| format!("{:.1} %", 100.0 * bytes as f64 / total.max(1) as f64);
    let mut line = |baseline: f64, class: &str, name: &str, bytes: usize| {
        svg.text(left + 18.0, baseline, class, name);
        let class = format!("{class} right");
        svg.text(bytes_at, baseline, &class, &grouped(bytes));
        svg.text(share_at, baseline, &class, &share(bytes));
    };
    line(top + 12.0, "head", name, len(pieces));
    for (k, group) in groups.iter().enumerate() {
        let name = group.name.strip_prefix("verifier/").unwrap_or(group.name);
        line(top + HEAD + k as f64 * LEGEND_ROW + 11.0, "name", &shortened(name, MAX_NAME), group.bytes);
    }
    for (k, group) in groups.iter().enumerate() {
        let swatch = Rect { x: left, y: top + HEAD + k as f64 * LEGEND_ROW, width: 12.0, height: 12.0 };
        svg.rects(&[swatch], Paint::Fill(group.colour), group.name);
    }
}

/// A text of at most `limit` characters.
fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit - 1) {
        Some((end, _)) if text.chars().count() > limit => format!("{}…", &text[..end]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn pieces(lens: &[(usize, &str)]) -> Vec<Piece> {
        let mut end = 0;
        let piece = |(len, name): &(usize, &str)| {
            let start = end;
            end += len;
            Piece { bytes: start..end, name: (*name).to_owned() }
        };
        lens.iter().map(piece).collect()
    }

    fn map(locking: &[(usize, &str)], unlocking: &[(usize, &str)]) -> ScriptMap {
        let scripts = vec![("one".to_owned(), pieces(locking)), ("two".to_owned(), pieces(unlocking))];
        ScriptMap { title: "a <title>".to_owned(), subtitle: "b & c".to_owned(), scripts }
    }

    const SMALL: [(usize, &str); 6] = [(100, "a"), (1, "b"), (1500, "a"), (511, "c/d"), (1, "e"), (0, "nothing")];

    /// Areas of the coloured pieces, by colour: those with a tooltip about bytes.
    fn areas(svg: &str) -> BTreeMap<String, f64> {
        let document = roxmltree::Document::parse(svg).expect("well-formed XML");
        let mut areas = BTreeMap::new();
        for group in document.descendants().filter(|node| node.has_tag_name("g")) {
            let is_piece = group.children().any(|node| node.text().is_some_and(|text| text.contains(" bytes from ")));
            let number = |node: roxmltree::Node<'_, '_>, name| node.attribute(name).unwrap().parse::<f64>().unwrap();
            let rects = group.children().filter(|node| node.has_tag_name("rect"));
            let area: f64 = rects.map(|rect| number(rect, "width") * number(rect, "height")).sum();
            if is_piece {
                *areas.entry(group.attribute("fill").unwrap().to_owned()).or_default() += area;
            }
        }
        areas
    }

    #[test]
    fn map__areas__are_bytes_to_scale_and_sum_to_the_scripts() {
        let svg = map(&SMALL, &[(2000, "x"), (700, "y")]).to_svg();
        let areas = areas(&svg);
        let per_byte = MAP_WIDTH / MIN_ROW_BYTES as f64 * (ROW - GAP);
        let last = COLOURS.len() - 1;
        for (colour, bytes) in [(0, 1600), (1, 511), (2, 1), (3, 1), (last, 2000), (last - 1, 700)] {
            let found = areas[COLOURS[colour]];
            assert!((found - f64::from(bytes) * per_byte).abs() < 0.1, "{bytes} bytes take {found}");
        }
        let sum: f64 = areas.values().sum();
        assert!((sum - (1600.0 + 513.0 + 2700.0) * per_byte).abs() < 0.2, "{sum}");
    }

    #[test]
    fn map__legend__names_every_piece_with_bytes_and_share() {
        let svg = map(&SMALL, &[(2000, "x"), (700, "y")]).to_svg();
        let document = roxmltree::Document::parse(&svg).expect("well-formed XML");
        let texts: Vec<&str> =
            document.descendants().filter(|node| node.has_tag_name("text")).filter_map(|node| node.text()).collect();
        for text in ["a <title>", "b & c", "a", "b", "c/d", "e", "x", "y", "1,600", "511", "2,000", "33.2 %", "41.6 %"]
        {
            assert!(texts.contains(&text), "{text} in {texts:?}");
        }
        assert!(texts.contains(&"one, 2,113 bytes") && texts.contains(&"two, 2,700 bytes"), "{texts:?}");
    }

    #[test]
    fn map__long_or_empty_script__keeps_its_rows_apart() {
        let long = map(&[(600_000, "a"), (7, "b")], &[]);
        let row_bytes = long.row_bytes();
        assert!(600_007_usize.div_ceil(row_bytes) <= MAX_ROWS && row_bytes.is_power_of_two(), "{row_bytes}");
        assert!(areas(&long.to_svg()).len() == 2);
        let rows: Vec<_> = rows_of(&(5..20), 8).collect();
        assert_eq!(rows, [(0, 5..8), (1, 0..8), (2, 0..4)]);
        assert_eq!(rows_of(&(8..16), 8).collect::<Vec<_>>(), [(1, 0..8)]);
    }

    #[test]
    fn shortened__long_names__fit_their_column() {
        assert_eq!(shortened("short", MAX_NAME), "short");
        let exact = "x".repeat(MAX_NAME);
        assert_eq!(shortened(&exact, MAX_NAME), exact);
        assert_eq!(shortened(&"é".repeat(MAX_NAME + 1), MAX_NAME).chars().count(), MAX_NAME);
    }
}
