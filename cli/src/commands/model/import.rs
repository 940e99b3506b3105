//! `model import`: a network of another tool becomes one of this program.

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::ImportArgs;
use crate::evaluation::ratio;
use crate::output::Output;
use crate::values::{grouped, percent};
use crate::{bundled, files};
use anyhow::{Context as _, anyhow};
use core::fmt;
use core::num::NonZeroUsize;
use model_import::onnx::{ImportReport, LayerReport, OnnxOptions, Pixels, import_onnx};
use model_import::zkml::{ZkmlDescription, import_zkml};
use prover::model::Provenance;
use prover::model::manifest::ImageEntry;
use prover::{Accuracy, Dataset, Model, SIDE, eval};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Largest file that is read: far above what the format's limits leave of a network.
const MAX_LEN: u64 = 256 << 20;

#[derive(Serialize)]
struct Answer {
    model: String,
    model_sha256: String,
    folder: PathBuf,
    source: Source,
    layers: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantisation: Option<Quantisation>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    Onnx,
    Zkml,
}

/// What quantisation did.
#[derive(Serialize)]
struct Quantisation {
    /// On the images that chose the scales.
    calibration: Loss,
    /// On all others of the set; none if there are no others.
    #[serde(skip_serializing_if = "Option::is_none")]
    measured: Option<Loss>,
    same_class: usize,
    seen_lead_bits: u32,
    lead_bits: u32,
    worst_lead_bits: u32,
    per_layer: Vec<Layer>,
    notes: Vec<String>,
    #[serde(skip)]
    report: ImportReport,
}

#[derive(Serialize)]
struct Loss {
    images: usize,
    float_correct: usize,
    integer_correct: usize,
    float_accuracy: Option<f64>,
    integer_accuracy: Option<f64>,
    /// In percentage points; negative if the integers are better.
    lost_points: f64,
}

impl Loss {
    fn of(float: Accuracy, integer: Accuracy) -> Self {
        Self {
            images: integer.total,
            float_correct: float.correct,
            integer_correct: integer.correct,
            float_accuracy: ratio(float.correct, float.total),
            integer_accuracy: ratio(integer.correct, integer.total),
            lost_points: 100.0 * (float.ratio() - integer.ratio()),
        }
    }
}

#[derive(Serialize)]
struct Layer {
    name: String,
    op: &'static str,
    shape: [usize; 3],
    scale: f64,
    weight_bits: Option<u32>,
    bias_bits: Option<u32>,
    seen_bits: u32,
    worst_bits: u64,
    above_limit: Option<f64>,
}

impl Layer {
    fn of(report: &LayerReport) -> Self {
        let LayerReport { name, op, shape, scale, weight_bits, seen_bits, worst_bits, above_limit } = report;
        Self {
            name: name.clone(),
            op,
            shape: *shape,
            scale: *scale,
            weight_bits: weight_bits.map(|(weights, _)| weights),
            bias_bits: weight_bits.map(|(_, biases)| biases),
            seen_bits: *seen_bits,
            worst_bits: *worst_bits,
            above_limit: *above_limit,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.source {
            Source::Onnx => "an ONNX network, quantised",
            Source::Zkml => "a zkml network, bit for bit",
        };
        writeln!(f, "Imported {}: {source}, {} layers", self.model, self.layers)?;
        writeln!(f, "  SHA-256   {}", self.model_sha256)?;
        write!(f, "  folder    {}", self.folder.display())?;
        let Some(quantisation) = &self.quantisation else {
            return Ok(());
        };
        if let Some(loss) = &quantisation.measured {
            let Loss { images, float_accuracy, integer_accuracy, lost_points, .. } = loss;
            write!(
                f,
                "\n  accuracy  {} float, {} integer: {lost_points:.2} points lost, on {} images not used for calibration",
                percent(*float_accuracy),
                percent(*integer_accuracy),
                grouped(*images)
            )?;
        }
        let calibrated = grouped(quantisation.calibration.images);
        write!(
            f,
            "\n\nOn the {calibrated} images that chose the scales:\n{}",
            quantisation.report.to_string().trim_end()
        )
    }
}

pub(crate) fn run(args: &ImportArgs, output: &Output) -> anyhow::Result<Verdict> {
    if args.out.exists() && !args.force {
        return Err(anyhow!("{} exists already", args.out.display()))
            .advise("choose another folder, or add --force to replace the model in it");
    }
    let bytes = files::read(&args.file, MAX_LEN)?;
    let name = name(args)?;
    let (model, source, quantisation) = if is_message_pack(&bytes) {
        (zkml(args, &bytes, name)?, Source::Zkml, None)
    } else {
        let (model, quantisation) = onnx(args, &bytes, name, output)?;
        (model, Source::Onnx, Some(quantisation))
    };
    std::fs::create_dir_all(&args.out)
        .with_context(|| format!("cannot make the folder {}", args.out.display()))
        .advise("choose another folder with --out")?;
    model.save(&args.out).advise("choose another folder with --out")?;
    output.answer(&Answer {
        model: model.name().to_owned(),
        model_sha256: model.sha256().to_string(),
        folder: args.out.clone(),
        source,
        layers: model.nodes().len(),
        quantisation,
    })?;
    Ok(Verdict::Yes)
}

/// zkml's files hold one map; an ONNX file starts with the field that numbers its schema.
fn is_message_pack(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(0x80..=0x8f | 0xde | 0xdf))
}

fn name(args: &ImportArgs) -> anyhow::Result<String> {
    let of_folder = || args.out.file_name()?.to_str().map(str::to_owned);
    args.name.clone().or_else(of_folder).context("the folder has no name to call the model by").advise("add --name")
}

fn onnx(args: &ImportArgs, bytes: &[u8], name: String, output: &Output) -> anyhow::Result<(Model, Quantisation)> {
    if args.zkml.config.is_some() {
        return Err(anyhow!("--config is given, but {} is not zkml's", args.file.display()))
            .advise("leave --config out, or give zkml's model.msgpack");
    }
    let onnx = &args.onnx;
    let options = OnnxOptions {
        classes: args.classes.clone(),
        weight_bits: onnx.weight_bits,
        activation_bits: onnx.activation_bits,
        pixels: Pixels { mean: onnx.mean, std: onnx.std, bits: onnx.pixel_bits },
        input_visibility: onnx.input.into(),
        weight_visibility: onnx.weights.into(),
        ..OnnxOptions::new(file_name(&args.file), name)
    };
    let set = bundled::set_or(onnx.set.files())?;
    let (samples, others) = split(&set, onnx.samples);
    let imported = {
        let _stage = output.stage("quantising");
        import_onnx(bytes, &options, &samples)?
    };
    let measured = if others.is_empty() {
        None
    } else {
        let stage = output.steps("measuring the integer network", others.len());
        let integer = eval(&imported.model, &others, |done| stage.done(done as u64))?;
        drop(stage);
        let _stage = output.stage("measuring the float network");
        Some(Loss::of(imported.network.accuracy(&others), integer))
    };
    let report = imported.report;
    let quantisation = Quantisation {
        calibration: Loss::of(report.float, report.integer),
        measured,
        same_class: report.same_class,
        seen_lead_bits: report.seen_lead_bits,
        lead_bits: report.lead_bits,
        worst_lead_bits: report.worst_lead_bits,
        per_layer: report.layers.iter().map(Layer::of).collect(),
        notes: report.notes.clone(),
        report,
    };
    Ok((imported.model, quantisation))
}

/// The first images, and all others.
fn split(set: &Dataset, n_samples: NonZeroUsize) -> (Dataset, Dataset) {
    let n = n_samples.get().min(set.len());
    (set.slice(0..n), set.slice(n..set.len()))
}

fn zkml(args: &ImportArgs, bytes: &[u8], name: String) -> anyhow::Result<Model> {
    let zkml = &args.zkml;
    let config = zkml.config.as_deref().context("a zkml network needs its config.msgpack");
    let config = files::read(config.advise("add --config FILE")?, MAX_LEN)?;
    let max = zkml.input_max.context("zkml's files do not say which inputs are admissible");
    let max = max.advise("add --input-max, and --input-min if inputs may be negative")?;
    // Rounded to the nearest integer, halves up.
    let pixel = |full: i64, x: i64| (2 * full * x + 255) / (2 * 255);
    let side = u32::try_from(SIDE)?;
    let image = zkml.full_ink.map(|full| ImageEntry {
        side,
        crop: side,
        bits: None,
        table: Some((0..256).map(|x| pixel(i64::from(full), x)).collect()),
    });
    let digits = || (0..10).map(|class| class.to_string()).collect();
    let description = ZkmlDescription {
        name,
        task: "image classification".to_owned(),
        min: zkml.input_min,
        max,
        image,
        classes: args.classes.clone().unwrap_or_else(digits),
        provenance: Provenance {
            recipe: format!("imported from zkml's {}", file_name(&args.file)),
            data: "not stated by zkml's files".to_owned(),
            licence: "not stated by zkml's files".to_owned(),
        },
    };
    Ok(import_zkml(&config, bytes, description)?)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
