//! Checks a proof of `vigil audit prove` without anything of Vigil: SHA-256, Ed25519 and a dozen lines of protobuf.
//!
//! ```sh
//! cargo run --example verify_inclusion -- proof.json PUBLIC_KEY_HEX
//! ```
//!
//! It prints the record's stream, its sequence there and the SHA-256 of its sealed bytes, and exits 0; or it says what
//! does not hold, and exits 1. The public key must come from somewhere else than the proof.

use std::process::ExitCode;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// Field number and content: a number, or bytes.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first().ok_or("a block is cut off")?;
        *bytes = rest;
        value |= u64::from(first & 0x7F) << shift;
        if first & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err("a number in a block is too long".to_owned())
}

fn fields(mut bytes: &[u8]) -> Result<Vec<(u64, Field<'_>)>, String> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let field = match key & 7 {
            0 => Field::Number(varint(&mut bytes)?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).map_err(|_| "a length is out of range")?;
                let (content, rest) = bytes.split_at_checked(length).ok_or("a block is cut off")?;
                bytes = rest;
                Field::Bytes(content)
            }
            other => return Err(format!("a field has the wire type {other}")),
        };
        found.push((key >> 3, field));
    }
    Ok(found)
}

/// What of a block the proof needs: field 4 its first position, 5 the hash before it, 8 its records.
struct Block<'a> {
    first_position: u64,
    previous_hash: &'a [u8],
    records: Vec<&'a [u8]>,
}

impl<'a> Block<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        let mut block = Self { first_position: 0, previous_hash: &[], records: Vec::new() };
        for field in fields(bytes)? {
            match field {
                (4, Field::Number(number)) => block.first_position = number,
                (5, Field::Bytes(hash)) => block.previous_hash = hash,
                (8, Field::Bytes(record)) => block.records.push(record),
                _ => {}
            }
        }
        Ok(block)
    }
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, String> {
    value[key].as_str().ok_or_else(|| format!("{key} is missing"))
}

fn number(value: &Value, key: &str) -> Result<u64, String> {
    value[key].as_u64().ok_or_else(|| format!("{key} is missing"))
}

/// Checks a proof; says what it proves, or what does not hold.
pub fn check(proof: &Value, public_key: &[u8]) -> Result<String, String> {
    let (position, checkpoint) = (number(proof, "position")?, &proof["checkpoint"]);
    let (next_position, sha256) = (number(checkpoint, "next_position")?, text(checkpoint, "sha256")?);
    let at_us = checkpoint["at_us"].as_i64().ok_or("at_us is missing")?;
    let statement = format!(
        "vigil checkpoint 1\njournal {}\nnext_position {next_position}\nsha256 {sha256}\nat_us {at_us}\n",
        text(checkpoint, "journal")?
    );
    let signature = hex::decode(text(checkpoint, "signature")?).map_err(|_| "the signature is not hexadecimal")?;
    UnparsedPublicKey::new(&ED25519, public_key)
        .verify(statement.as_bytes(), &signature)
        .map_err(|_| "the checkpoint was not signed with this key, or was changed")?;
    let encoded = proof["blocks"].as_array().ok_or("blocks is missing")?;
    let decode = |block: &Value| BASE64_STANDARD.decode(block.as_str().unwrap_or_default()).map_err(|e| e.to_string());
    let encoded = encoded.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
    let (mut next, mut hash, mut record) = (None, None, None);
    for bytes in &encoded {
        let block = Block::parse(bytes)?;
        if next.is_some_and(|next| next != block.first_position)
            || hash.is_some_and(|hash: Vec<u8>| hash != block.previous_hash)
        {
            return Err("a block does not follow the one before it".to_owned());
        }
        if next.is_none() {
            let index = position.checked_sub(block.first_position).and_then(|index| usize::try_from(index).ok());
            record = index.and_then(|index| block.records.get(index).copied());
        }
        next = Some(block.first_position + block.records.len() as u64);
        hash = Some(digest(&SHA256, bytes).as_ref().to_vec());
    }
    if next != Some(next_position) || hash.map(hex::encode).as_deref() != Some(sha256) {
        return Err("the blocks do not lead to what the checkpoint says".to_owned());
    }
    let record = fields(record.ok_or("the first block does not hold the position")?)?;
    let (mut stream, mut sequence, mut sealed) = (String::new(), 0, &[][..]);
    for field in record {
        match field {
            (1, Field::Bytes(name)) => stream = String::from_utf8_lossy(name).into_owned(),
            (2, Field::Number(number)) => sequence = number,
            (5, Field::Bytes(bytes)) => sealed = bytes,
            _ => {}
        }
    }
    let sealed = hex::encode(digest(&SHA256, sealed).as_ref());
    Ok(format!("position {position} holds record {sequence} of stream {stream}, sealed bytes with SHA-256 {sealed}"))
}

fn run() -> Result<String, String> {
    let mut args = std::env::args().skip(1);
    let (Some(file), Some(key)) = (args.next(), args.next()) else {
        return Err("say a proof and a public key in hexadecimal".to_owned());
    };
    let proof = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let proof = serde_json::from_str(&proof).map_err(|error| format!("{file}: {error}"))?;
    check(&proof, &hex::decode(key).map_err(|_| "the public key is not hexadecimal")?)
}

fn main() -> ExitCode {
    match run() {
        Ok(holds) => {
            println!("{holds}");
            ExitCode::SUCCESS
        }
        Err(what) => {
            eprintln!("the proof does not hold: {what}");
            ExitCode::FAILURE
        }
    }
}
