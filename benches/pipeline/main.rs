//! The platform beside the bare pipeline, in turn, on the same machine, with the same shapes of load: `make bench`.
//!
//! The bare pipeline is the yardstick: the same stack without product logic. Its folder is `../shared/bare_pipeline`,
//! or what `BARE_PIPELINE` names; without it only the platform's own figures are printed. Figures of different runs or
//! machines do not compare; ratios within one run do.

mod bare;
mod cases;
mod outcome;
mod platform;
mod ward;

use std::path::PathBuf;

use outcome::Outcomes;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is measured.
#[derive(Clone, Debug)]
pub struct Options {
    /// Smaller figures, for trying out.
    pub quick: bool,
    /// Only these cases; empty: all.
    pub cases: Vec<String>,
    /// Where the figures go as JSON.
    pub json: PathBuf,
}

impl Options {
    fn wants(&self, case: &str) -> bool {
        self.cases.is_empty() || self.cases.iter().any(|wanted| wanted == case)
    }
}

fn options() -> Result<Options, String> {
    let json = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench/pipeline.json");
    let mut options = Options { quick: false, cases: Vec::new(), json };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            // Cargo says so to every bench target.
            "--bench" => {}
            "--quick" => options.quick = true,
            "--json" => options.json = args.next().ok_or("--json needs a file")?.into(),
            "--case" => {
                let cases = args.next().ok_or_else(|| format!("--case needs one of {}", cases::NAMES.join(", ")))?;
                options.cases = cases.split(',').map(str::to_owned).collect();
            }
            _ => return Err(format!("unknown argument {arg}; allowed: --quick, --case NAME,..., --json FILE")),
        }
    }
    match options.cases.iter().find(|case| !cases::NAMES.contains(&case.as_str())) {
        Some(unknown) => Err(format!("no case {unknown}; allowed: {}", cases::NAMES.join(", "))),
        None => Ok(options),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = options()?;
    // Refused only where one is installed already, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let scratch = tempfile::Builder::new().prefix("vigil-bench-").tempdir_in(target_dir()?)?;
    let bare = bare::Bare::build(&target_dir()?)?;
    if bare.is_none() {
        eprintln!("bench: no bare pipeline found; set BARE_PIPELINE to its folder for ratios");
    }
    let mut outcomes = Outcomes::default();
    runtime.block_on(cases::run(&options, bare.as_ref(), scratch.path(), &mut outcomes))?;
    println!("\n{}", outcomes.table());
    std::fs::write(&options.json, serde_json::to_string_pretty(&outcomes)?)?;
    println!("written to {}", options.json.display());
    Ok(())
}

fn target_dir() -> std::io::Result<PathBuf> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&dir)?;
    Ok(dir)
}
