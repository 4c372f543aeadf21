//! One request or subscription of one person.

use std::collections::{BTreeSet, HashSet};

use smol_str::SmolStr;
use tonic::{Response, Status};

use super::Guard;
use crate::access::{AccessRecord, Decision, Fields, Outcome, Person, Purpose, Relation, Verb, decide};
use crate::actors::handle::AlertView;
use crate::clinical::condition::ConditionKind;
use crate::clinical::ids::{AlertId, PatientId, UnitId};

/// One request or subscription of one person: decides, remembers what it will show, and puts that on record.
pub struct Visit {
    guard: Guard,
    person: Person,
    what: &'static str,
    from: SmolStr,
    purpose: Purpose,
    about: SmolStr,
    position: u64,
    /// Alerts of which the person has a page that waits, though the ladder went on.
    asked: HashSet<AlertId>,
    /// Noted, not yet on record.
    noted: BTreeSet<PatientId>,
    fields: Fields,
    /// Something is shown only because the glass was broken.
    broke_glass: bool,
    /// On record already.
    covered: HashSet<PatientId>,
    /// Stream sequence of the first record.
    first: Option<u64>,
}

impl Visit {
    pub(super) fn new(guard: Guard, person: Person, what: &'static str, from: SmolStr, purpose: Purpose) -> Self {
        Self {
            guard,
            person,
            what,
            from,
            purpose,
            about: SmolStr::default(),
            position: 0,
            asked: HashSet::new(),
            noted: BTreeSet::new(),
            fields: Fields::NONE,
            broke_glass: false,
            covered: HashSet::new(),
            first: None,
        }
    }

    /// Who visits.
    #[must_use]
    pub const fn person(&self) -> &Person {
        &self.person
    }

    /// The accounts have changed: what they say now counts from here on.
    pub fn look_up_again(&mut self) {
        self.person = self.guard.look_up(&self.person);
    }

    /// Notes what else the request is about, for the record: an opaque id.
    pub fn about(&mut self, about: impl AsRef<str>) {
        self.about = SmolStr::new(about);
    }

    /// Notes the journal position of what is shown, for the record.
    pub fn at_position(&mut self, position: u64) {
        self.position = position;
    }

    /// Notes a patient whom the answer concerns, for the record.
    pub fn concerns(&mut self, patient: &PatientId) {
        self.noted.insert(patient.clone());
    }

    /// Notes that this is about broken glass, for the record's purpose.
    pub fn for_broken_glass(&mut self) {
        self.broke_glass = true;
    }

    /// Takes the pages that wait for the person into account: who was paged may see the alert, also when the ladder has
    /// gone on.
    ///
    /// # Errors
    /// `UNAVAILABLE` where the inbox cannot be read.
    pub async fn look_into_inbox(&mut self) -> Result<(), Status> {
        let pages = self.guard.handle.inbox(&self.person.id).await;
        let pages = pages.map_err(|error| Status::unavailable(error.to_string()))?;
        self.asked = pages.into_iter().map(|page| page.alert).collect();
        Ok(())
    }

    /// The person was paged for this alert.
    pub fn is_asked(&mut self, alert: &AlertId) {
        self.asked.insert(alert.clone());
    }

    /// What is decided about an alert; notes nothing.
    #[must_use]
    pub fn decide_alert(&self, view: &AlertView, verb: impl FnOnce(ConditionKind) -> Verb) -> Decision {
        let relation = self.relation_to(view);
        decide(&self.person.roles, relation, verb(view.alert.condition.kind))
    }

    /// The fields of an alert that will be shown; `None`: it does not exist for this person.
    pub fn sees(&mut self, view: &AlertView) -> Option<Fields> {
        let fields = self.decide_alert(view, Verb::SeeAlert).fields()?;
        let relation = self.relation_to(view);
        match view.id.subject.patient() {
            Some(patient) => self.note(patient, fields, relation),
            None => self.shows(fields),
        }
        Some(fields)
    }

    /// The fields of a patient that will be shown for this verb; `None`: it does not exist for this person.
    pub fn sees_patient(&mut self, patient: &PatientId, verb: Verb) -> Option<Fields> {
        let relation = self.guard.handle.relation(&self.person.id, patient);
        let fields = decide(&self.person.roles, relation, verb).fields()?;
        self.note(patient, fields, relation);
        Some(fields)
    }

    /// The fields of a patient for this verb; notes nothing. Where many are looked through, and few shown.
    #[must_use]
    pub fn fields_of_patient(&self, patient: &PatientId, verb: Verb) -> Option<Fields> {
        decide(&self.person.roles, self.guard.handle.relation(&self.person.id, patient), verb).fields()
    }

    /// As [`Self::fields_of_patient`], for a patient of whom the unit is at hand.
    #[must_use]
    pub fn fields_in(&self, patient: &PatientId, unit: &UnitId, verb: Verb) -> Option<Fields> {
        let handle = &self.guard.handle;
        let relation = handle.care_teams().relation(&self.person.id, patient, Some(unit), handle.now());
        decide(&self.person.roles, relation, verb).fields()
    }

    /// Notes fields that are shown, for the record.
    pub fn shows(&mut self, fields: Fields) {
        self.fields = self.fields.union(fields);
    }

    /// The fields of something that belongs to no patient.
    #[must_use]
    pub fn sees_unassigned(&self, verb: Verb) -> Option<Fields> {
        decide(&self.person.roles, Relation::NONE, verb).fields()
    }

    fn relation_to(&self, view: &AlertView) -> Relation {
        let relation = self.guard.handle.relation_to(&self.person.id, view);
        Relation { asked: relation.asked || self.asked.contains(&view.id), ..relation }
    }

    fn note(&mut self, patient: &PatientId, fields: Fields, relation: Relation) {
        self.broke_glass |= relation.broke_glass && !relation.team && !relation.asked;
        self.fields = self.fields.union(fields);
        if !self.covered.contains(patient) {
            self.noted.insert(patient.clone());
        }
    }

    /// Puts what was noted on record, where something is not yet; nothing of it may be shown before.
    ///
    /// # Errors
    /// `UNAVAILABLE`: it is not on record.
    pub async fn put_on_record(&mut self) -> Result<(), Status> {
        if self.first.is_some() && self.noted.is_empty() {
            return Ok(());
        }
        let patients: Vec<_> = std::mem::take(&mut self.noted).into_iter().collect();
        let purpose = if self.broke_glass { Purpose::BreakGlass } else { self.purpose };
        let record = AccessRecord { purpose, ..self.record(Outcome::Shown, patients.clone()) };
        let sequence = self.guard.put(&record).await?;
        self.first.get_or_insert(sequence);
        self.covered.extend(patients);
        Ok(())
    }

    /// The way out: on record, then the answer.
    ///
    /// # Errors
    /// `UNAVAILABLE`: it is not on record.
    pub async fn answer<T>(mut self, message: T) -> Result<Response<T>, Status> {
        self.put_on_record().await?;
        Ok(Response::new(message))
    }

    /// The way out for figures, which are about nobody and are not put on record.
    pub fn answer_figures<T>(self, message: T) -> Response<T> {
        Response::new(message)
    }

    /// Puts a refusal on record, and returns what the person is told. Many of them are an alarm.
    pub async fn refuse(&self, patient: Option<&PatientId>, status: Status) -> Status {
        let record = self.record(Outcome::Refused, patient.cloned().into_iter().collect());
        if let Err(unavailable) = self.guard.put(&record).await {
            return unavailable;
        }
        if self.guard.attempts.note(&self.person.id, record.now) {
            let alarm = AccessRecord { what: "alarm.refused".into(), ..record };
            tracing::error!(person = %self.person.id, "refused again and again within a minute: on record as alarm.refused");
            if let Err(unavailable) = self.guard.put(&alarm).await {
                return unavailable;
            }
        }
        status
    }

    /// As [`Self::refuse`], in the words for what is not there.
    pub async fn no_such(&self, what: &str, patient: &PatientId) -> Status {
        self.refuse(Some(patient), Status::not_found(format!("there is no such {what}"))).await
    }

    /// As [`Self::refuse`], for an alert that does not exist for this person.
    pub async fn no_such_alert(&self, alert: &AlertId) -> Status {
        self.refuse(alert.subject.patient(), Status::not_found("there is no such alert")).await
    }

    fn record(&self, outcome: Outcome, patients: Vec<PatientId>) -> AccessRecord {
        AccessRecord {
            now: self.guard.handle.now(),
            person: Some(self.person.id.clone()),
            roles: self.person.roles.iter().map(|role| SmolStr::new(role.to_string())).collect(),
            what: self.what.into(),
            patients,
            about: self.about.clone(),
            purpose: self.purpose,
            from: self.from.clone(),
            outcome,
            fields: self.fields,
            position: self.position,
            continues: self.first,
        }
    }
}
