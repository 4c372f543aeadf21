//! Compiles the protocol definitions with protox: no `protoc` has to be installed.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let files = ["ingest", "alerts", "admin", "oncall", "journal"].map(|name| format!("vigil/v1/{name}.proto"));
    let descriptors = protox::compile(files, ["proto"])?;
    tonic_prost_build::configure().bytes(".vigil.v1.Block").bytes(".vigil.v1.Record").compile_fds(descriptors)?;
    Ok(())
}
