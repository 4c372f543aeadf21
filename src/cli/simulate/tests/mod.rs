mod patients;
mod runs;
