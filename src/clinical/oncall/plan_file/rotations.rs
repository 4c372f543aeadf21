//! `[[rotation]]` and `[[calendar]]`: everything on wall time.

use super::read::Reading;
use super::words::{date_time, dates, hours, id, persons, place, tables, zone};
use crate::clinical::fields::Fields;
use crate::clinical::ids::{CalendarId, PersonId, RotationId};
use crate::clinical::oncall::calendar::Calendar;
use crate::clinical::oncall::rotation::{Layer, Rotation};
use crate::clinical::oncall::turns::{DAY_MINUTES, TURN_MINUTES_MAX, TURN_MINUTES_MIN, Turns};
use crate::clinical::oncall::zone::Zone;

pub(super) fn rotation(fields: &mut Fields<'_>, reading: &mut Reading) {
    let name = id(fields, "id", RotationId::new);
    let zone = zone(fields);
    let mut layers = Vec::new();
    let mut count = 0;
    tables(fields, "layer", reading, |layer, reading| {
        count += 1;
        layers.extend(read_layer(layer, reading));
    });
    if count == 0 {
        fields.wrong("layer", "is missing: a rotation of nobody answers nothing; allowed: [[rotation.layer]]");
    }
    if let Some(id) = name {
        // With a mistake in the zone the plan is refused; what refers to the rotation is not a mistake of its own.
        let zone = zone.unwrap_or(Zone::UTC);
        reading.rotations_at.push(place(fields, fields.offset()));
        reading.plan.rotations.push(Rotation { id, zone, layers });
    }
}

fn read_layer(fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Layer> {
    let start = date_time(fields, "start");
    let length_minutes = length(fields);
    let people = persons(fields, "people", reading);
    let restricted = ["days", "from", "to"].iter().any(|key| fields.has(key));
    let hours = if restricted { Some(hours(fields)?) } else { None };
    let replaced = replaced(fields, &people);
    let turns = Turns { start: start?, length_minutes: length_minutes?, people };
    (!turns.people.is_empty()).then_some(Layer { turns, hours, replaced })
}

fn length(fields: &mut Fields<'_>) -> Option<u32> {
    if fields.has("turn_h") {
        if fields.has("turn") {
            fields.wrong("turn", "and `turn_h` say the same: use one of them");
        }
        let hours = fields.number("turn_h", f64::from(TURN_MINUTES_MIN / 60)..=f64::from(TURN_MINUTES_MAX / 60))?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Within the range above.
        return Some((hours * 60.0).round() as u32);
    }
    fields.word("turn", &[("daily", DAY_MINUTES), ("weekly", 7 * DAY_MINUTES)])
}

fn replaced(fields: &mut Fields<'_>, people: &[PersonId]) -> Vec<(PersonId, PersonId)> {
    let Some(item) = fields.item("replaced_by") else { return Vec::new() };
    let Some(table) = item.as_table_like() else {
        fields.wrong("replaced_by", "must be a table, for example { dr-a = \"dr-b\" }");
        return Vec::new();
    };
    let mut found = Vec::new();
    for (left, by) in table.iter() {
        let by = by.as_str().and_then(|by| PersonId::new(by).ok()).filter(|by| people.contains(by));
        match (PersonId::new(left), by) {
            (Ok(left), Some(by)) => found.push((left, by)),
            _ => fields.wrong("replaced_by", &format!("must say who of `people` takes over from `{left}`")),
        }
    }
    found
}

pub(super) fn calendar(fields: &mut Fields<'_>, reading: &mut Reading) {
    let name = id(fields, "id", CalendarId::new);
    let zone = zone(fields);
    let hours = hours(fields);
    let holidays = dates(fields, "holidays");
    if let (Some(id), Some(hours)) = (name, hours) {
        let zone = zone.unwrap_or(Zone::UTC);
        reading.calendars_at.push(place(fields, fields.offset()));
        reading.plan.calendars.push((id, Calendar { zone, hours, holidays }));
    }
}
