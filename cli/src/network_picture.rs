//! A picture of a network: its layers as boxes from top to bottom, with shapes, bounds and constraints.

use crate::svg::{Paint, Rect, Svg};
use crate::values::grouped;

/// How a block is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Input and answer.
    Ends,
    /// Public weights.
    Linear,
    /// Hidden weights.
    Committed,
    /// Products, comparisons, divisions.
    NonLinear,
    /// Sums and other shapes.
    Free,
}

/// A layer.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) name: String,
    /// At most three.
    pub(crate) lines: Vec<String>,
    /// Earlier blocks that it reads, by index.
    pub(crate) after: Vec<usize>,
    pub(crate) constraints: usize,
    pub(crate) kind: Kind,
}

/// What is drawn.
#[derive(Clone, Debug)]
pub(crate) struct NetworkPicture {
    pub(crate) title: String,
    pub(crate) subtitle: String,
    /// Each after all that it reads.
    pub(crate) blocks: Vec<Block>,
}

/// Light by default, dark where the reader prefers that.
const STYLE: &str = "\
.back{fill:#ffffff}.box{fill:#f6f8fa;stroke:#d1d9e0}.track{fill:#e4e8ed}\
.edge{fill:none;stroke:#8c959f;stroke-width:1.5}\
.ends{fill:#59636e}.linear{fill:#4c78a8}.committed{fill:#b279a2}.nonlinear{fill:#f58518}.free{fill:#54a24b}\
text{font-family:system-ui,'Segoe UI',Helvetica,Arial,sans-serif;font-size:12px;fill:#1f2328}\
.title{font-size:18px;font-weight:600}.head{font-size:13px;font-weight:600}.count{text-anchor:end}\
.dim{fill:#59636e}\
@media (prefers-color-scheme:dark){.back{fill:#0d1117}.box{fill:#151b23;stroke:#3d444d}.track{fill:#262c36}\
text{fill:#e6edf3}.dim{fill:#9198a1}}";

const MARGIN: f64 = 24.0;
const HEADER: f64 = 96.0;
const BOX_WIDTH: f64 = 300.0;
const BOX_HEIGHT: f64 = 78.0;
const COLUMN_GAP: f64 = 36.0;
const ROW_GAP: f64 = 26.0;
/// Between boxes that are passed by and the lines that pass them.
const BYPASS: f64 = 14.0;
/// The coloured edge of a box.
const EDGE: f64 = 6.0;
const LINE: f64 = 16.0;
/// Longest line of a box, in characters.
const MAX_LINE: usize = 44;
/// Narrowest picture: the subtitle needs room.
const MIN_WIDTH: f64 = 760.0;

const LEGEND: [(Kind, &str); 5] = [
    (Kind::Linear, "public weights"),
    (Kind::Committed, "hidden weights"),
    (Kind::NonLinear, "products, comparisons, divisions"),
    (Kind::Free, "sums, shapes"),
    (Kind::Ends, "input, answer"),
];

impl Kind {
    const fn class(self) -> &'static str {
        match self {
            Self::Ends => "ends",
            Self::Linear => "linear",
            Self::Committed => "committed",
            Self::NonLinear => "nonlinear",
            Self::Free => "free",
        }
    }
}

impl NetworkPicture {
    /// Row and column of each block: a row below all that it reads, beside what is there already.
    fn places(&self) -> Vec<(usize, usize)> {
        let mut places: Vec<(usize, usize)> = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let below = block.after.iter().filter_map(|idx| places.get(*idx)).map(|(row, _)| row + 1);
            let row = below.max().unwrap_or(0);
            let column = places.iter().filter(|(other, _)| *other == row).count();
            places.push((row, column));
        }
        places
    }

    /// The picture as SVG.
    pub(crate) fn to_svg(&self) -> String {
        let places = self.places();
        let n_rows = places.iter().map(|(row, _)| row + 1).max().unwrap_or(0);
        let n_columns = places.iter().map(|(_, column)| column + 1).max().unwrap_or(0);
        let n_bypasses = self.long_edges(&places).count();
        let step = BOX_WIDTH + COLUMN_GAP;
        let boxes_width = n_columns as f64 * step - COLUMN_GAP;
        let needed = 2.0 * MARGIN + boxes_width + BYPASS * (n_bypasses + 1) as f64;
        let width = needed.max(MIN_WIDTH);
        let height = HEADER + n_rows as f64 * (BOX_HEIGHT + ROW_GAP) + MARGIN;
        let mut svg = Svg::new(width, height, STYLE);
        svg.rects(&[Rect { x: 0.0, y: 0.0, width, height }], Paint::Class("back"), "");
        svg.text(MARGIN, 34.0, "title", &self.title);
        svg.text(MARGIN, 54.0, "dim", &self.subtitle);
        legend(&mut svg);

        let in_row = |row: usize| places.iter().filter(|(other, _)| *other == row).count();
        let left = MARGIN + (width - needed) / 2.0;
        let corner = |&(row, column): &(usize, usize)| {
            let unused = (n_columns - in_row(row)) as f64 * step / 2.0;
            (left + unused + column as f64 * step, HEADER + row as f64 * (BOX_HEIGHT + ROW_GAP))
        };
        let corners: Vec<_> = places.iter().map(corner).collect();
        for (from, to) in self.edges() {
            if places[to].0 == places[from].0 + 1 {
                let ((x1, y1), (x2, y2)) = (corners[from], corners[to]);
                let (start, end) = ((x1 + BOX_WIDTH / 2.0, y1 + BOX_HEIGHT), (x2 + BOX_WIDTH / 2.0, y2));
                svg.path(&[start, end], Paint::Class("edge"));
            }
        }
        for (k, (from, to)) in self.long_edges(&places).enumerate() {
            let ((x1, y1), (x2, y2)) = (corners[from], corners[to]);
            let x = left + boxes_width + BYPASS * (k + 1) as f64;
            let (y1, y2) = (y1 + BOX_HEIGHT / 2.0, y2 + BOX_HEIGHT / 2.0);
            svg.path(&[(x1 + BOX_WIDTH, y1), (x, y1), (x, y2), (x2 + BOX_WIDTH, y2)], Paint::Class("edge"));
        }
        let largest = self.blocks.iter().map(|block| block.constraints).max().unwrap_or(0);
        for (block, (x, y)) in self.blocks.iter().zip(corners) {
            draw(&mut svg, block, x, y, largest);
        }
        svg.finish(&format!("The network {}", self.title))
    }

    /// From and to.
    fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        self.blocks.iter().enumerate().flat_map(|(to, block)| block.after.iter().map(move |from| (*from, to)))
    }

    /// Those that pass a row.
    fn long_edges(&self, places: &[(usize, usize)]) -> impl Iterator<Item = (usize, usize)> {
        self.edges().filter(|(from, to)| places[*to].0 > places[*from].0 + 1)
    }
}

fn legend(svg: &mut Svg) {
    let mut x = MARGIN;
    for (kind, meaning) in LEGEND {
        svg.rects(&[Rect { x, y: 68.0, width: 10.0, height: 10.0 }], Paint::Class(kind.class()), "");
        svg.text(x + 15.0, 77.0, "dim", meaning);
        // About what the letters take.
        x += 34.0 + 6.3 * meaning.len() as f64;
    }
}

fn draw(svg: &mut Svg, block: &Block, x: f64, y: f64, largest: usize) {
    let Block { name, lines, constraints, kind, .. } = block;
    let count = match constraints {
        // A division may be part of the next layer.
        0 if *kind == Kind::NonLinear => "0 constraints".to_owned(),
        0 => "free".to_owned(),
        1 => "1 constraint".to_owned(),
        n => format!("{} constraints", grouped(*n)),
    };
    let whole = Rect { x, y, width: BOX_WIDTH, height: BOX_HEIGHT };
    svg.rects(&[whole], Paint::Class("box"), &format!("{name}: {}; {count}", lines.join("; ")));
    svg.rects(&[Rect { width: EDGE, ..whole }], Paint::Class(kind.class()), "");
    svg.text(x + EDGE + 8.0, y + 18.0, "head", &shortened(name));
    svg.text(x + BOX_WIDTH - 8.0, y + 18.0, "count", &count);
    for (k, line) in lines.iter().take(3).enumerate() {
        svg.text(x + EDGE + 8.0, y + 35.0 + LINE * k as f64, "dim", &shortened(line));
    }
    if *constraints > 0 {
        // How the layer's price compares with the dearest one's.
        let share = *constraints as f64 / largest.max(1) as f64;
        let track = Rect { x: x + EDGE, y: y + BOX_HEIGHT - 4.0, width: BOX_WIDTH - EDGE, height: 4.0 };
        svg.rects(&[track], Paint::Class("track"), "");
        svg.rects(&[Rect { width: track.width * share, ..track }], Paint::Class(kind.class()), "");
    }
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(MAX_LINE) {
        Some((end, _)) => format!("{}..", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    fn block(name: &str, after: &[usize]) -> Block {
        let lines = vec!["dense [10, 1, 1]".to_owned()];
        Block { name: name.to_owned(), lines, after: after.to_vec(), constraints: 7, kind: Kind::Linear }
    }

    #[test]
    fn places__branches_and_shortcuts__are_beside_and_below() {
        let blocks =
            vec![block("in", &[]), block("u", &[0]), block("v", &[0]), block("uv", &[1, 2]), block("add", &[3, 0])];
        let picture = NetworkPicture { title: "t".to_owned(), subtitle: String::new(), blocks };
        let places = picture.places();
        assert_eq!(places, [(0, 0), (1, 0), (1, 1), (2, 0), (3, 0)]);
        assert_eq!(picture.long_edges(&places).collect::<Vec<_>>(), [(0, 4)]);
    }

    #[test]
    fn svg__any_network__is_well_formed_with_every_layer() {
        let blocks = vec![block("a<b", &[]), block("c", &[0])];
        let picture = NetworkPicture { title: "x & y".to_owned(), subtitle: "s".to_owned(), blocks };
        let text = picture.to_svg();
        let document = roxmltree::Document::parse(&text).unwrap();
        let texts: Vec<_> = document.descendants().filter_map(|node| node.text()).collect();
        for expected in ["x & y", "a<b", "c", "7 constraints"] {
            assert!(texts.contains(&expected), "{expected}: {texts:?}");
        }
    }
}
