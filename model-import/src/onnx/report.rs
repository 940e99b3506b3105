//! What an import did to a network.

use core::fmt;
use prover::Accuracy;

/// What quantisation cost, and how each layer came out.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportReport {
    /// Of the float network on the calibration images.
    pub float: Accuracy,
    /// Of the model on the calibration images.
    pub integer: Accuracy,
    /// Calibration images to which both give the same class, right or wrong.
    pub same_class: usize,
    /// Bits of the largest lead of a class over another that the model showed on the calibration images.
    pub seen_lead_bits: u32,
    /// Bits that the model's circuits check: the margin is added, but the worst case not exceeded.
    pub lead_bits: u32,
    /// Bits of the largest lead that any input could bring about.
    pub worst_lead_bits: u32,
    /// The model's layers in order.
    pub layers: Vec<LayerReport>,
    /// What else happened to the network: operators left out, values that mean something else.
    pub notes: Vec<String>,
}

/// One layer of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerReport {
    /// Its name.
    pub name: String,
    /// Its operation.
    pub op: &'static str,
    /// Channels, height and width of its values.
    pub shape: [usize; 3],
    /// Integer units per one of the float network's value.
    pub scale: f64,
    /// Bits of the weights and biases of a linear layer.
    pub weight_bits: Option<(u32, u32)>,
    /// Bits of the largest magnitude on the calibration images, sign not counted.
    pub seen_bits: u32,
    /// Bits of the largest magnitude for any input, sign not counted.
    pub worst_bits: u64,
    /// Of a requantised layer: the share of the values other than zero that take more than the activation bits (to 1 part in 32).
    pub above_limit: Option<f64>,
}

impl ImportReport {
    /// Accuracy lost, in percentage points; negative if the model is better.
    pub fn lost_points(&self) -> f64 {
        100.0 * (self.float.ratio() - self.integer.ratio())
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (float, integer) = (&self.float, &self.integer);
        writeln!(f, "float network      {:6.2} %  ({} of {})", 100.0 * float.ratio(), float.correct, float.total)?;
        writeln!(f, "integer model      {:6.2} %  ({} of {})", 100.0 * integer.ratio(), integer.correct, integer.total)?;
        writeln!(f, "accuracy lost      {:6.2} points; same class on {} images", self.lost_points(), self.same_class)?;
        writeln!(
            f,
            "lead               {} bits seen, {} checked, {} in the worst case",
            self.seen_lead_bits, self.lead_bits, self.worst_lead_bits
        )?;
        writeln!(f)?;
        let header = ["layer", "op", "shape", "scale", "weights", "seen", "worst", "over"];
        let [layer, op, shape, scale, weights, seen, worst, over] = header;
        writeln!(f, "{layer:<28} {op:<9} {shape:>13} {scale:>12} {weights:>8} {seen:>5} {worst:>6} {over:>7}")?;
        for layer in &self.layers {
            let LayerReport { name, op, shape: [channels, height, width], scale, seen_bits, worst_bits, .. } = layer;
            let shape = format!("{channels}x{height}x{width}");
            let weights = layer.weight_bits.map_or_else(String::new, |(weights, biases)| format!("{weights}/{biases}"));
            let over = layer.above_limit.map_or_else(String::new, |share| format!("{:.2} %", 100.0 * share));
            writeln!(
                f,
                "{name:<28} {op:<9} {shape:>13} {scale:>12.5} {weights:>8} {seen_bits:>5} {worst_bits:>6} {over:>7}"
            )?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "note: {note}"))
    }
}
