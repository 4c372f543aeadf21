//! Compiles the protocol definitions with protox: no `protoc` has to be installed. Messages that can hold data of a
//! patient get a `Debug` of their own, which leaves that out: what is printed or logged by accident says nothing.

use std::fmt::Write as _;
use std::path::Path;

use protox::prost_reflect::{DescriptorPool, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor, Value};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    // A release build carries the dashboard's files. Cargo would run this each time for a folder that is not there, so
    // the Makefile says with a variable that there is one now.
    println!("cargo:rerun-if-env-changed=VIGIL_WEB");
    if Path::new("web/dist").is_dir() {
        println!("cargo:rerun-if-changed=web/dist");
    }
    let files =
        ["ingest", "alerts", "admin", "access", "oncall", "journal"].map(|name| format!("vigil/v1/{name}.proto"));
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_imports(true).open_files(files)?;
    let redaction = Redaction::of(&compiler.descriptor_pool())?;
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&out).join("redacted.rs"), &redaction.code)?;
    tonic_prost_build::configure()
        .bytes(".vigil.v1.Block")
        .bytes(".vigil.v1.Record")
        .skip_debug(redaction.paths)
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// The types whose `Debug` is written here, and its code.
#[derive(Default)]
struct Redaction {
    paths: Vec<String>,
    code: String,
}

impl Redaction {
    fn of(pool: &DescriptorPool) -> Result<Self, Box<dyn std::error::Error>> {
        let mark = pool.get_extension_by_name("vigil.v1.patient_data").ok_or("options.proto marks patient data")?;
        let mut redaction = Self::default();
        for message in pool.all_messages().filter(|message| message.package_name() == "vigil.v1") {
            if message.fields().any(|field| is_hidden(&field, &mark)) {
                redaction.message(&message, &mark)?;
            }
        }
        Ok(redaction)
    }

    fn message(&mut self, message: &MessageDescriptor, mark: &ExtensionDescriptor) -> std::fmt::Result {
        let name = message.name();
        let mut shown = String::new();
        let mut fields: Vec<_> = message.fields().collect();
        fields.sort_by_key(FieldDescriptor::number);
        for field in fields {
            let in_oneof = field.containing_oneof().is_some_and(|oneof| !oneof.is_synthetic());
            if !in_oneof && !is_hidden(&field, mark) {
                let field = field.name();
                write!(shown, ".field(\"{field}\", &self.{field})")?;
            }
        }
        for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
            let field = oneof.name();
            write!(shown, ".field(\"{field}\", &self.{field})")?;
            if oneof.fields().any(|variant| is_hidden(&variant, mark)) {
                let (module, kind) = (snake(name), camel(field));
                self.paths.push(format!(".vigil.v1.{name}.{field}"));
                let mut variants = String::new();
                for variant in oneof.fields() {
                    write!(variants, "Self::{0}(_) => \"{0}(..)\",", camel(variant.name()))?;
                }
                self.implement(&format!("{module}::{kind}"), &format!("f.write_str(match self {{ {variants} }})"))?;
            }
        }
        self.paths.push(format!(".vigil.v1.{name}"));
        self.implement(name, &format!("f.debug_struct(\"{name}\"){shown}.finish_non_exhaustive()"))
    }

    fn implement(&mut self, kind: &str, body: &str) -> std::fmt::Result {
        writeln!(
            self.code,
            "impl ::core::fmt::Debug for {kind} {{ fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> \
             ::core::fmt::Result {{ {body} }} }}"
        )
    }
}

/// Marked, and no message: those hide what is theirs by themselves.
fn is_hidden(field: &FieldDescriptor, mark: &ExtensionDescriptor) -> bool {
    let marked = *field.options().get_extension(mark) == Value::Bool(true);
    marked && !matches!(field.kind(), Kind::Message(_))
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

fn camel(name: &str) -> String {
    let upper = |part: &str| part[..1].to_ascii_uppercase() + &part[1..];
    name.split('_').filter(|part| !part.is_empty()).map(upper).collect()
}
