//! Writes SVG: rectangles, lines and text, in order, nothing else.

use core::fmt::{self, Write as _};

/// A picture under construction. Lengths are in pixels.
#[derive(Clone, Debug)]
pub(crate) struct Svg {
    width: f64,
    height: f64,
    style: &'static str,
    body: String,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// How something is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint<'a> {
    /// By a class of the style sheet.
    Class(&'a str),
    /// By a colour such as `#4c78a8`.
    Fill(&'a str),
}

impl fmt::Display for Paint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class(name) => write!(f, "class=\"{}\"", Escaped(name)),
            Self::Fill(colour) => write!(f, "fill=\"{}\"", Escaped(colour)),
        }
    }
}

/// Text that stands between tags or in an attribute.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            // No other control characters are allowed in XML at all.
            c if c.is_control() => f.write_char(' '),
            c => f.write_char(c),
        })
    }
}

impl Svg {
    /// An empty picture; `style` is a style sheet.
    pub(crate) const fn new(width: f64, height: f64, style: &'static str) -> Self {
        Self { width, height, style, body: String::new() }
    }

    /// Its height.
    pub(crate) const fn height(&self) -> f64 {
        self.height
    }

    /// Rectangles of one colour, with a text that is shown where the pointer rests on them.
    pub(crate) fn rects(&mut self, rects: &[Rect], paint: Paint<'_>, tooltip: &str) {
        self.add(format_args!("<g {paint}>"));
        if !tooltip.is_empty() {
            self.add(format_args!("<title>{}</title>", Escaped(tooltip)));
        }
        for Rect { x, y, width, height } in rects {
            self.add(format_args!("<rect x=\"{x:.3}\" y=\"{y:.3}\" width=\"{width:.3}\" height=\"{height:.3}\"/>"));
        }
        self.add(format_args!("</g>\n"));
    }

    /// A line of text, its baseline at `y`.
    pub(crate) fn text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let class = Paint::Class(class);
        self.add(format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" {class}>{}</text>\n", Escaped(text)));
    }

    /// A line through these points.
    pub(crate) fn path(&mut self, points: &[(f64, f64)], paint: Paint<'_>) {
        let points: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        self.add(format_args!("<polyline points=\"{}\" {paint}/>\n", points.join(" ")));
    }

    fn add(&mut self, piece: fmt::Arguments<'_>) {
        self.body.write_fmt(piece).expect("writing to a string does not fail");
    }

    /// The file's text.
    pub(crate) fn finish(self, title: &str) -> String {
        let Self { width, height, style, body } = self;
        let title = Escaped(title);
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n\
             <title>{title}</title>\n<style>{style}</style>\n{body}</svg>\n"
        )
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn svg__hostile_text__stays_text() {
        let mut svg = Svg::new(10.0, 10.0, "");
        let rect = Rect { x: 1.0, y: 2.0, width: 3.25, height: 4.0 };
        svg.rects(&[rect], Paint::Fill("\"/>"), "</title><script>\u{1}&");
        svg.text(0.0, 0.0, "a b", "1 < 2");
        let text = svg.finish("<&>");
        assert!(text.contains("<title>&lt;/title&gt;&lt;script&gt; &amp;</title>"), "{text}");
        assert!(text.contains("<g fill=\"&quot;/&gt;\">") && text.contains("<title>&lt;&amp;&gt;</title>"), "{text}");
        assert!(text.contains(">1 &lt; 2</text>"), "{text}");
        assert!(text.contains("<rect x=\"1.000\" y=\"2.000\" width=\"3.250\" height=\"4.000\"/>"), "{text}");
    }
}
