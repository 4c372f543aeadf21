//! `[[unit]]`

use super::read::Reading;
use super::words::{id, place, target};
use crate::clinical::fields::Fields;
use crate::clinical::ids::{CalendarId, CareRole, UnitId};
use crate::clinical::oncall::plan::Unit;
use crate::clinical::oncall::policy::Target;
use crate::clinical::patient::Setting;

/// The settings, by their names.
pub(super) const SETTINGS: [(&str, Setting); 4] = [
    ("bedside", Setting::Bedside),
    ("ward", Setting::Ward),
    ("home", Setting::Home),
    ("device-clinic", Setting::DeviceClinic),
];

pub(super) fn unit(fields: &mut Fields<'_>, reading: &mut Reading) {
    let name = id(fields, "id", UnitId::new);
    let setting = fields.word("setting", &SETTINGS);
    let calendar = if fields.has("calendar") { id(fields, "calendar", CalendarId::new) } else { None };
    if let Some(calendar) = &calendar {
        reading.calendars.push((calendar.to_string(), place(fields, fields.offset_of("calendar"))));
    }
    let roles = roles(fields, reading);
    if let (Some(id), Some(setting)) = (name, setting) {
        reading.units_at.push(place(fields, fields.offset()));
        reading.plan.units.push(Unit { id, setting, calendar, roles });
    }
}

/// `roles`: a table whose keys are names of roles, each with a list of persons and rotations.
fn roles(fields: &mut Fields<'_>, reading: &mut Reading) -> Vec<(CareRole, Vec<Target>)> {
    let mut found = Vec::new();
    let Some(item) = fields.item("roles") else {
        fields.missing("roles", "a table of roles, for example { primary = [\"rotation:nurses\"] }");
        return found;
    };
    let Some(table) = item.as_table_like() else {
        fields.wrong("roles", "must be a table of roles");
        return found;
    };
    for (name, item) in table.iter() {
        let offset = item.span().map_or(fields.offset(), |span| span.start);
        let Ok(role) = CareRole::new(name) else {
            fields.source.mistake(offset, format!("`{name}` is not a role; allowed: A-Z a-z 0-9 . _ -"));
            continue;
        };
        let texts: Vec<_> = item.as_array().into_iter().flatten().map(toml_edit::Value::as_str).collect();
        let targets: Vec<_> = texts.iter().flatten().filter_map(|text| target(fields, text, offset, reading)).collect();
        let allowed = |target: &Target| matches!(target, Target::Person(_) | Target::Rotation(_));
        if texts.is_empty() || texts.len() != targets.len() || !targets.iter().all(allowed) {
            let what = format!("the role `{name}` must be a list of \"person:ID\" and \"rotation:ID\", at least one");
            fields.source.mistake(offset, what);
        }
        found.push((role, targets.into_iter().filter(allowed).collect()));
    }
    found
}
