//! The command line: one file per verb. A verb parses its arguments, calls the library and turns what went wrong into
//! an exit code of `docs`' contract and a line that says what to do next.

mod access;
mod account;
mod actors;
mod alerts;
mod audit;
mod backtest;
mod backup;
mod care;
mod check;
mod codes;
mod config;
mod connect;
mod decoders;
mod demo;
mod device;
mod devices;
mod drill;
mod duration;
mod evaluate;
mod failure;
mod instant;
mod keys;
mod log;
mod oncall;
mod patients;
mod pki;
mod progress;
pub mod recording;
mod replay;
mod report;
mod restore;
mod rules;
mod serve;
pub mod simulate;
mod store;
mod units;
mod views;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use failure::{Failure, exit};

/// Keeps watch over patients through their connected devices.
#[derive(Debug, Parser)]
#[command(name = "vigil", version, about, max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Access(access::Args),
    Account(account::Args),
    Actors(actors::Args),
    Alerts(alerts::Args),
    Audit(audit::Args),
    Backtest(backtest::Args),
    Backup(backup::Args),
    Check(check::Args),
    Codes(codes::Args),
    Config(config::Args),
    Demo(demo::Args),
    Device(device::Args),
    Devices(devices::Args),
    Evaluate(evaluate::Args),
    Keys(keys::Args),
    Patients(patients::Args),
    Oncall(oncall::Args),
    Drill(drill::Args),
    Pki(pki::Args),
    Replay(replay::Args),
    Report(report::Args),
    Restore(restore::Args),
    Serve(serve::Args),
    Simulate(simulate::Args),
    Units(units::Args),
    Views(views::Args),
}

/// Runs the command line of this process and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let outcome = match Cli::parse().verb {
        Verb::Access(args) => access::run(&args),
        Verb::Account(args) => account::run(&args),
        Verb::Actors(args) => actors::run(&args),
        Verb::Alerts(args) => alerts::run(&args),
        Verb::Audit(args) => audit::run(&args),
        Verb::Backtest(args) => backtest::run(&args),
        Verb::Backup(args) => backup::run(&args),
        Verb::Check(args) => check::run(&args),
        Verb::Codes(args) => codes::run(&args),
        Verb::Config(args) => config::run(&args),
        Verb::Demo(args) => demo::run(&args),
        Verb::Device(args) => device::run(&args),
        Verb::Devices(args) => devices::run(&args),
        Verb::Evaluate(args) => evaluate::run(&args),
        Verb::Keys(args) => keys::run(&args),
        Verb::Patients(args) => patients::run(&args),
        Verb::Oncall(args) => oncall::run(&args),
        Verb::Drill(args) => drill::run(&args),
        Verb::Pki(args) => pki::run(&args),
        Verb::Replay(args) => replay::run(&args),
        Verb::Report(args) => report::run(&args),
        Verb::Restore(args) => restore::run(&args),
        Verb::Serve(args) => serve::run(&args),
        Verb::Simulate(args) => simulate::run(args),
        Verb::Units(args) => units::run(&args),
        Verb::Views(args) => views::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
