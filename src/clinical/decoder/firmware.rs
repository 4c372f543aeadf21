//! Firmware versions, and the ones for which a decoder is.

use std::cmp::Ordering;

use smallvec::SmallVec;
use smol_str::SmolStr;

/// A firmware as numbers with dots between them, most significant first. Parts that are missing count as 0.
#[derive(Clone, Debug)]
struct Version(SmallVec<[u32; 4]>);

impl Version {
    fn parse(text: &str) -> Option<Self> {
        text.split('.')
            .map(|part| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?)
            .collect::<Option<_>>()
            .map(Self)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let parts = self.0.len().max(other.0.len());
        let part = |version: &Self, at: usize| version.0.get(at).copied().unwrap_or(0);
        (0..parts).map(|at| part(self, at).cmp(&part(other, at))).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

/// An end of a range; `closed`: the version itself belongs to it.
#[derive(Clone, Debug, PartialEq)]
struct End {
    version: Version,
    closed: bool,
}

/// Which firmwares a decoder is for: exactly one, or a range of versions.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Firmware {
    /// Exactly this text; a version is the same however many zeros end it.
    Exactly(SmolStr),
    /// Versions between two ends; an end that is missing is open for ever.
    Range(Range),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Range {
    from: Option<End>,
    to: Option<End>,
}

/// What is allowed, for people.
const ALLOWED: &str = "must be one firmware, such as \"1.4\", or a range of versions, such as \">=2.0 <3\"";

impl Firmware {
    /// Reads one entry; says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if !text.starts_with(['<', '>']) {
            let printable = (1..=64).contains(&text.len()) && !text.chars().any(char::is_control);
            return if printable { Ok(Self::Exactly(SmolStr::new(text))) } else { Err(ALLOWED.into()) };
        }
        let mut range = Range::default();
        for bound in text.split_whitespace() {
            let version = bound.trim_start_matches(['<', '>', '=']);
            let sign = &bound[..bound.len() - version.len()];
            let version = Version::parse(version).ok_or(ALLOWED)?;
            let (end, closed) = match sign {
                ">=" => (&mut range.from, true),
                ">" => (&mut range.from, false),
                "<=" => (&mut range.to, true),
                "<" => (&mut range.to, false),
                _ => return Err(ALLOWED.into()),
            };
            if end.replace(End { version, closed }).is_some() {
                return Err("has two lower or two upper ends; allowed: one of each".into());
            }
        }
        if range.is_empty() {
            return Err("is a range without any version".into());
        }
        Ok(Self::Range(range))
    }

    /// Whether a device with this firmware is meant.
    pub(super) fn fits(&self, firmware: &str) -> bool {
        match self {
            Self::Exactly(text) => {
                text == firmware || Version::parse(text).is_some_and(|one| Some(one) == Version::parse(firmware))
            }
            Self::Range(range) => Version::parse(firmware).is_some_and(|version| range.holds(&version)),
        }
    }

    /// Whether some firmware is meant by both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exactly(text), other) | (other, Self::Exactly(text)) => other.fits(text),
            (Self::Range(one), Self::Range(other)) => !one.intersection(other).is_empty(),
        }
    }
}

impl Range {
    fn holds(&self, version: &Version) -> bool {
        let above =
            self.from.as_ref().is_none_or(|end| *version > end.version || (end.closed && *version == end.version));
        let below =
            self.to.as_ref().is_none_or(|end| *version < end.version || (end.closed && *version == end.version));
        above && below
    }

    /// Between any two versions there are others, since parts can be added.
    fn is_empty(&self) -> bool {
        let (Some(from), Some(to)) = (&self.from, &self.to) else { return false };
        from.version > to.version || (from.version == to.version && !(from.closed && to.closed))
    }

    fn intersection(&self, other: &Self) -> Self {
        let tighter = |one: &Option<End>, other: &Option<End>, inner: Ordering| match (one, other) {
            (Some(one), Some(other)) => {
                let order = one.version.cmp(&other.version);
                let takes_one = order == inner || (order.is_eq() && !one.closed);
                Some(if takes_one { one.clone() } else { other.clone() })
            }
            (one, other) => one.clone().or_else(|| other.clone()),
        };
        Self {
            from: tighter(&self.from, &other.from, Ordering::Greater),
            to: tighter(&self.to, &other.to, Ordering::Less),
        }
    }
}
