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
const COLOURS: [&str; 24] = [
    "#4c78a8", "#f58518", "#54a24b", "#e45756", "#b279a2", "#2aa198", "#d4a72c", "#9d755d", "#ff7fb0", "#7a6ff0",
    "#6b9e1f", "#c0563b", "#3aa0d8", "#8a8f98", "#c65bcf", "#0f8a6d", "#b08d57", "#e0733d", "#5f7fd6", "#98a637",
    "#d1477a", "#3f9d9d", "#a0703c", "#8d6bb8",
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
        svg.text(MARGIN, 54.0, "dim", &self.subtitle);
        let cell = row_bytes / N_CELLS;
        let scale = format!("In script order, {} bytes a row, {cell} bytes a cell", grouped(row_bytes));
        svg.text(MARGIN, 72.0, "dim", &scale);
        let mut top = HEADER;
        let mut colours = COLOURS.iter().cycle();
        for ((name, pieces), height) in self.scripts.iter().zip(self.heights(row_bytes)) {
            let groups = groups(pieces, &mut colours);
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
            let legend = groups(pieces, &mut COLOURS.iter().cycle()).len() as f64 * LEGEND_ROW;
            HEAD + rows.max(legend) + MARGIN
        };
        self.scripts.iter().map(|(_, pieces)| height(pieces)).collect()
    }
}

/// Bytes of a script.
fn len(pieces: &[Piece]) -> usize {
    pieces.last().map_or(0, |piece| piece.bytes.end)
}

/// The names with their bytes and colours, largest first.
fn groups<'a>(pieces: &'a [Piece], colours: &mut impl Iterator<Item = &'static &'static str>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for Piece { bytes, name } in pieces {
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.bytes += bytes.len(),
            None => groups.push(Group { name, bytes: bytes.len(), colour: "" }),
        }
    }
    groups.sort_by_key(|group| core::cmp::Reverse(group.bytes));
    groups.iter_mut().zip(colours).for_each(|(group, colour)| group.colour = colour);
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
        line(top + HEAD + k as f64 * LEGEND_ROW + 11.0, "name", &shortened(name), group.bytes);
    }
    for (k, group) in groups.iter().enumerate() {
        let swatch = Rect { x: left, y: top + HEAD + k as f64 * LEGEND_ROW, width: 12.0, height: 12.0 };
        svg.rects(&[swatch], Paint::Fill(group.colour), group.name);
    }
}

/// A name that fits its column.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(MAX_NAME - 1) {
        Some((end, _)) if name.chars().count() > MAX_NAME => format!("{}…", &name[..end]),
        _ => name.to_owned(),
    }
}
