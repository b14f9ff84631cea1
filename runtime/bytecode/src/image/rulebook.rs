//! The rules of a bundle. What every rule has is read where it stands: a word that says what it does, and its place in
//! the sources. What few have (ids that the author wrote, messages, docs, requirements) stands in tables of its own.

use super::{
    AuditLevel, BundleImage, DenyMode, LimitImage, RedactionImage, RequirementImage, RuleImage, RuleKindImage,
    RuleWords, SourceImage, SpanImage,
};
use crate::ids::{GrantId, RuleId, SourceId};
use crate::packed::{Packed, Rows, append, packed_as};
use crate::text::Text;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// The rules of a bundle, in canonical order: by file, then position.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// A [`Head`] of each, as they are stored.
    pub(crate) heads: Vec<u8>,
    /// A [`SpanImage`] of each, as they are stored.
    pub(crate) spans: Vec<u8>,
    /// Of each in canonical order: where it is stored. Empty where they are stored in canonical order.
    pub(crate) order: Vec<u32>,
    /// Ids that do not follow from positions; of limits all, for they name what a store counts.
    pub(crate) ids: Sparse<Text>,
    /// What rules say to people.
    pub(crate) words: Sparse<RuleWords>,
    /// What must be met, of the rules that require something.
    pub(crate) requirements: Vec<RequirementImage>,
    /// Of the rules that limit.
    pub(crate) limits: Vec<LimitImage>,
    /// Of the rules that redact.
    pub(crate) redactions: Vec<Vec<RedactionImage>>,
}

/// What few rules have, by where they are stored; ascending.
pub(crate) type Sparse<T> = Vec<(u32, T)>;

/// What a rule is, in a word: what it does, of what, and how it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head(u32);

/// Kinds of rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Permit,
    Forbid,
    Require,
    Limit,
    Redact,
    Audit,
    /// None that a bundle may have.
    Unknown,
}

/// How the id of a rule is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdForm {
    /// As a text.
    Text,
    /// It is `path:line` of the rule.
    Line,
    /// It is `path:line:column` of the rule.
    Column,
}

/// Where the parts of a head begin, counted in bits from the lowest: its kind comes first.
const SHADOW_SHIFT: u32 = 3;
const DENY_SHIFT: u32 = 4;
const ID_SHIFT: u32 = 6;
const OF_SHIFT: u32 = 8;

impl Head {
    /// A rule of a kind: of a permit `of` is 0, or one more than its grant; of an audit rule its level; else the row of the
    /// table of its kind.
    fn new(kind: Kind, of: u32, rule: &RuleImage, id: IdForm) -> Head {
        let kind = match kind {
            Kind::Permit => 0,
            Kind::Forbid => 1,
            Kind::Require => 2,
            Kind::Limit => 3,
            Kind::Redact => 4,
            Kind::Audit => 5,
            Kind::Unknown => 7,
        };
        let deny = match rule.deny {
            None => 0,
            Some(DenyMode::Explain) => 1,
            Some(DenyMode::StepUp) => 2,
            Some(DenyMode::Hide) => 3,
        };
        let id = match id {
            IdForm::Text => 0,
            IdForm::Line => 1,
            IdForm::Column => 2,
        };
        let flags = (u32::from(rule.shadow) << SHADOW_SHIFT) | (deny << DENY_SHIFT) | (id << ID_SHIFT);
        Head(kind | flags | (of.min(u32::MAX >> OF_SHIFT) << OF_SHIFT))
    }

    #[inline]
    fn kind(self) -> Kind {
        match self.0 & 7 {
            0 => Kind::Permit,
            1 => Kind::Forbid,
            2 => Kind::Require,
            3 => Kind::Limit,
            4 => Kind::Redact,
            5 => Kind::Audit,
            _ => Kind::Unknown,
        }
    }

    #[inline]
    fn of(self) -> u32 {
        self.0 >> OF_SHIFT
    }

    #[inline]
    fn shadow(self) -> bool {
        (self.0 >> SHADOW_SHIFT) & 1 == 1
    }

    #[inline]
    fn deny(self) -> Option<DenyMode> {
        match (self.0 >> DENY_SHIFT) & 3 {
            0 => None,
            1 => Some(DenyMode::Explain),
            2 => Some(DenyMode::StepUp),
            _ => Some(DenyMode::Hide),
        }
    }

    /// How the id is given; `None` in a way that no bundle may have.
    #[inline]
    pub(crate) fn id(self) -> Option<IdForm> {
        match (self.0 >> ID_SHIFT) & 3 {
            0 => Some(IdForm::Text),
            1 => Some(IdForm::Line),
            2 => Some(IdForm::Column),
            _ => None,
        }
    }
}

packed_as! {
    Head as u32: head => head.0, Head(head);
}

/// Where the parts of a span begin, counted in bits from the lowest: the source comes first.
const START_SHIFT: u32 = 24;
const LENGTH_SHIFT: u32 = 50;
const LINE_SHIFT: u32 = 76;
const COLUMN_SHIFT: u32 = 102;
/// The largest numbers of 24 and of 26 bits. Sources are smaller than 64 MiB.
const MOST_SOURCE: u32 = (1 << 24) - 1;
const MOST_PLACE: u32 = (1 << 26) - 1;

impl Packed for SpanImage {
    type Bytes = [u8; 16];

    fn pack(self) -> [u8; 16] {
        let part = |number: u32, most: u32, shift: u32| u128::from(number.min(most)) << shift;
        let place = |number: u32, shift: u32| part(number, MOST_PLACE, shift);
        let (start, length) =
            (place(self.start, START_SHIFT), place(self.end.saturating_sub(self.start), LENGTH_SHIFT));
        let (line, column) = (place(self.line, LINE_SHIFT), place(self.column, COLUMN_SHIFT));
        (part(self.source.0, MOST_SOURCE, 0) | start | length | line | column).to_le_bytes()
    }

    #[inline]
    fn unpack(bytes: [u8; 16]) -> SpanImage {
        let word = u128::from_le_bytes(bytes);
        let part = |shift: u32, most: u32| u32::try_from((word >> shift) & u128::from(most)).unwrap_or(most);
        let start = part(START_SHIFT, MOST_PLACE);
        SpanImage {
            source: SourceId(part(0, MOST_SOURCE)),
            start,
            end: start.saturating_add(part(LENGTH_SHIFT, MOST_PLACE)),
            line: part(LINE_SHIFT, MOST_PLACE),
            column: part(COLUMN_SHIFT, MOST_PLACE),
        }
    }
}

/// A rule, where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Rule<'r> {
    rules: &'r Rules,
    sources: &'r [SourceImage],
    /// Where it is stored.
    row: u32,
    head: Head,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RuleKind<'r> {
    /// `permit`, perhaps of a grant.
    Permit(Option<GrantId>),
    /// `forbid`.
    Forbid,
    /// `require`.
    Require(&'r RequirementImage),
    /// `limit`.
    Limit(&'r LimitImage),
    /// `redact`.
    Redact(&'r [RedactionImage]),
    /// `audit`.
    Audit(AuditLevel),
    /// None that a bundle may have: the verifier refuses it.
    Unknown,
}

impl RuleKind<'_> {
    /// The word that opens a rule of this kind.
    pub fn word(self) -> &'static str {
        match self {
            RuleKind::Permit(_) => "permit",
            RuleKind::Forbid => "forbid",
            RuleKind::Require(_) => "require",
            RuleKind::Limit(_) => "limit",
            RuleKind::Redact(_) => "redact",
            RuleKind::Audit(_) => "audit",
            RuleKind::Unknown => "?",
        }
    }

    /// The same, on its own.
    pub fn to_image(self) -> Option<RuleKindImage> {
        Some(match self {
            RuleKind::Permit(grant) => RuleKindImage::Permit(grant),
            RuleKind::Forbid => RuleKindImage::Forbid,
            RuleKind::Require(requirement) => RuleKindImage::Require(requirement.clone()),
            RuleKind::Limit(limit) => RuleKindImage::Limit(limit.clone()),
            RuleKind::Redact(redactions) => RuleKindImage::Redact(redactions.to_vec()),
            RuleKind::Audit(level) => RuleKindImage::Audit(level),
            RuleKind::Unknown => return None,
        })
    }
}

impl<'r> Rule<'r> {
    /// What it does.
    #[inline]
    pub fn kind(self) -> RuleKind<'r> {
        let row = usize::try_from(self.head.of()).unwrap_or(usize::MAX);
        let found = match self.head.kind() {
            Kind::Permit => Some(RuleKind::Permit(self.head.of().checked_sub(1).map(GrantId))),
            Kind::Forbid => Some(RuleKind::Forbid),
            Kind::Require => self.rules.requirements.get(row).map(RuleKind::Require),
            Kind::Limit => self.rules.limits.get(row).map(RuleKind::Limit),
            Kind::Redact => self.rules.redactions.get(row).map(|rows| RuleKind::Redact(rows)),
            Kind::Audit => AUDIT_LEVELS.get(row).map(|level| RuleKind::Audit(*level)),
            Kind::Unknown => None,
        };
        found.unwrap_or(RuleKind::Unknown)
    }

    /// Whether it is a forbid.
    #[inline]
    pub fn is_forbid(self) -> bool {
        self.head.kind() == Kind::Forbid
    }

    /// Reported only, never enforced.
    #[inline]
    pub fn shadow(self) -> bool {
        self.head.shadow()
    }

    /// `@deny`.
    #[inline]
    pub fn deny(self) -> Option<DenyMode> {
        self.head.deny()
    }

    /// Its unique id. Where the author gave none it is the rule's position, and made when it is asked for.
    pub fn id(self) -> Cow<'r, str> {
        if let Some(text) = self.id_text() {
            return Cow::Borrowed(text);
        }
        let mut id = String::new();
        self.sources.get(self.span().source.index()).inspect(|source| {
            push_id(&source.path, &self.span(), self.id_form(), &mut id);
        });
        Cow::Owned(id)
    }

    /// Its id, when it is kept as a text: that of a limit always is.
    #[inline]
    pub fn id_text(self) -> Option<&'r str> {
        find(&self.rules.ids, self.row).map(Text::as_str)
    }

    /// `@message`.
    pub fn message(self) -> Option<&'r str> {
        self.words().and_then(|words| words.message.as_deref())
    }

    /// `@severity`.
    pub fn severity(self) -> Option<&'r str> {
        self.words().and_then(|words| words.severity.as_deref())
    }

    /// Documentation; empty when there is none.
    pub fn docs(self) -> &'r str {
        self.words().map_or("", |words| &words.docs)
    }

    /// What it says to people, if it says anything.
    pub fn words(self) -> Option<&'r RuleWords> {
        find(&self.rules.words, self.row)
    }

    /// The whole rule.
    #[inline]
    pub fn span(self) -> SpanImage {
        self.rules.span_at(self.row)
    }

    /// Path of the file that it stands in.
    pub fn path(self) -> Option<&'r str> {
        self.sources.get(self.span().source.index()).map(|source| source.path.as_str())
    }

    /// The same, on its own.
    pub fn to_image(self) -> Option<RuleImage> {
        Some(RuleImage {
            id: self.id().into_owned(),
            kind: self.kind().to_image()?,
            shadow: self.shadow(),
            deny: self.deny(),
            words: self.words().cloned().unwrap_or_default(),
            span: self.span(),
        })
    }

    /// How its id is given.
    pub(crate) fn id_form(self) -> IdForm {
        self.head.id().unwrap_or(IdForm::Text)
    }
}

const AUDIT_LEVELS: [AuditLevel; 3] = [AuditLevel::None, AuditLevel::Summary, AuditLevel::Full];

/// What a rule has in a table of few.
fn find<T>(table: &Sparse<T>, row: u32) -> Option<&T> {
    let at = table.binary_search_by_key(&row, |(row, _)| *row).ok()?;
    table.get(at).map(|(_, found)| found)
}

/// Adds the id that a rule has by its place.
fn push_id(path: &str, span: &SpanImage, form: IdForm, out: &mut String) {
    out.push_str(path);
    push_number(span.line, out);
    if form == IdForm::Column {
        push_number(span.column, out);
    }
}

/// Adds `:` and a number. There may be very many, and the formatter of the language takes its time.
fn push_number(number: u32, out: &mut String) {
    out.push(':');
    let mut place = number.checked_ilog10().and_then(|digits| 10_u32.checked_pow(digits)).unwrap_or(1);
    let mut rest = number;
    while let (Some(digit), Some(below)) = (rest.checked_div(place), rest.checked_rem(place)) {
        out.push(char::from_digit(digit, 10).unwrap_or('0'));
        rest = below;
        place = place.checked_div(10).unwrap_or(0);
    }
}

/// How the id of a rule is given, in the fewest bytes.
fn id_form(rule: &RuleImage, sources: &[SourceImage]) -> IdForm {
    let path = sources.get(rule.span.source.index()).map(|source| &source.path);
    let fits = |form: &IdForm| {
        let mut id = String::new();
        path.is_some_and(|path| {
            push_id(path, &rule.span, *form, &mut id);
            rule.id == id
        })
    };
    [IdForm::Line, IdForm::Column].into_iter().find(fits).unwrap_or(IdForm::Text)
}

/// A row as it is counted in tables of few.
fn short(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

/// The place of an audit level in [`AUDIT_LEVELS`].
fn place_of(level: AuditLevel) -> u32 {
    AUDIT_LEVELS.iter().position(|known| *known == level).map_or(0, short)
}

/// Adds a row to a table and says which it is.
fn added<T>(row: T, table: &mut Vec<T>) -> u32 {
    table.push(row);
    short(table.len().saturating_sub(1))
}

impl Rules {
    /// How many rules there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.heads().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    pub(crate) fn heads(&self) -> Rows<'_, Head> {
        Rows::of(&self.heads)
    }

    pub(crate) fn spans(&self) -> Rows<'_, SpanImage> {
        Rows::of(&self.spans)
    }

    #[inline]
    fn span_at(&self, row: u32) -> SpanImage {
        self.spans().at(row).unwrap_or_default()
    }

    /// Whether heads are spelt as they must be, and the rules of each kind name the rows of its table one after the other.
    pub(crate) fn are_whole(&self) -> bool {
        let mut rows = [0_u32; 3];
        let spelt = self.heads().iter().all(|head| {
            let [requirements, limits, redactions] = &mut rows;
            let row = match head.kind() {
                Kind::Permit => return head.id().is_some(),
                Kind::Forbid => return head.of() == 0 && head.id().is_some(),
                Kind::Audit => return head.of() < short(AUDIT_LEVELS.len()) && head.id().is_some(),
                Kind::Unknown => return false,
                Kind::Require => requirements,
                Kind::Limit => limits,
                Kind::Redact => redactions,
            };
            *row = row.saturating_add(1);
            Some(head.of()) == row.checked_sub(1) && head.id().is_some()
        });
        spelt && rows == [self.requirements.len(), self.limits.len(), self.redactions.len()].map(short)
    }

    /// Where the rule of this id is stored.
    #[inline]
    fn stored(&self, id: RuleId) -> Option<u32> {
        if self.order.is_empty() { Some(id.0) } else { self.order.get(id.index()).copied() }
    }

    #[inline]
    fn get<'r>(&'r self, id: RuleId, sources: &'r [SourceImage]) -> Option<Rule<'r>> {
        let row = self.stored(id)?;
        Some(Rule { rules: self, sources, row, head: self.heads().at(row)? })
    }

    /// Adds a rule behind all others.
    pub(crate) fn push(&mut self, rule: &RuleImage, sources: &[SourceImage]) {
        let row = short(self.len());
        let (kind, of) = match &rule.kind {
            RuleKindImage::Permit(grant) => (Kind::Permit, grant.map_or(0, |grant| grant.0.saturating_add(1))),
            RuleKindImage::Forbid => (Kind::Forbid, 0),
            RuleKindImage::Require(requirement) => (Kind::Require, added(requirement.clone(), &mut self.requirements)),
            RuleKindImage::Limit(limit) => (Kind::Limit, added(limit.clone(), &mut self.limits)),
            RuleKindImage::Redact(rows) => (Kind::Redact, added(rows.clone(), &mut self.redactions)),
            RuleKindImage::Audit(level) => (Kind::Audit, place_of(*level)),
        };
        let id = id_form(rule, sources);
        if id == IdForm::Text || kind == Kind::Limit {
            self.ids.push((row, rule.id.as_str().into()));
        }
        if rule.words != RuleWords::default() {
            self.words.push((row, rule.words.clone()));
        }
        append([Head::new(kind, of, rule, id)], &mut self.heads);
        append([rule.span], &mut self.spans);
        if !self.order.is_empty() {
            self.order.push(row);
        }
    }

    /// Keeps the ids of limits as texts; their order is that of the rows.
    pub(crate) fn keep_limits(&mut self, sources: &[SourceImage]) {
        let limits = self.heads().iter().zip(self.spans()).enumerate();
        let made: Sparse<Text> = limits
            .filter(|(_, (head, _))| head.kind() == Kind::Limit && head.id() != Some(IdForm::Text))
            .filter_map(|(row, (head, span))| {
                let mut id = String::new();
                push_id(&sources.get(span.source.index())?.path, &span, head.id()?, &mut id);
                Some((short(row), id.into()))
            })
            .collect();
        self.ids.extend(made);
        self.ids.sort_by_key(|(row, _)| *row);
    }
}

impl PartialEq for Rules {
    /// Whether they say the same, however they are stored.
    fn eq(&self, other: &Rules) -> bool {
        let says = |rules: &Rules, row: usize| {
            let rule = rules.get(RuleId::new(row), &[])?;
            Some((rule.to_image()?, rule.id_form()))
        };
        self.len() == other.len() && (0..self.len()).all(|row| says(self, row) == says(other, row))
    }
}

impl BundleImage {
    /// A rule.
    #[inline]
    pub fn rule(&self, id: RuleId) -> Option<Rule<'_>> {
        self.rules.get(id, &self.sources)
    }

    /// All rules, in canonical order.
    pub fn each_rule(&self) -> impl Iterator<Item = Rule<'_>> {
        (0..self.rules.len()).filter_map(|row| self.rule(RuleId::new(row)))
    }

    /// Adds a rule behind all others. Sources must be there before: an id that follows from a position is not kept.
    pub fn push_rule(&mut self, rule: &RuleImage) {
        self.rules.push(rule, &self.sources);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn rule(id: &str, kind: RuleKindImage) -> RuleImage {
        let span = SpanImage { source: SourceId(0), start: 5, end: 9, line: 10, column: 2 };
        RuleImage { id: id.into(), kind, shadow: false, deny: None, words: RuleWords::default(), span }
    }

    fn image(rules: &[RuleImage]) -> BundleImage {
        let mut image = BundleImage { sources: vec![SourceImage { path: "a.mcpz".into() }], ..BundleImage::default() };
        rules.iter().for_each(|rule| image.push_rule(rule));
        image
    }

    #[test]
    fn rules_are_kept_as_they_are() {
        let limit = LimitImage { at_most: 1, amount: None, per_ms: 2, by: crate::image::HistoryKey::User };
        let words = RuleWords { message: Some("no".into()), ..RuleWords::default() };
        let kinds = [
            RuleKindImage::Permit(None),
            RuleKindImage::Permit(Some(GrantId(7))),
            RuleKindImage::Forbid,
            RuleKindImage::Require(RequirementImage::Mfa { fresh_ms: Some(1) }),
            RuleKindImage::Limit(limit),
            RuleKindImage::Redact(vec![]),
            RuleKindImage::Audit(AuditLevel::Full),
        ];
        let mut rules: Vec<RuleImage> = kinds.into_iter().map(|kind| rule("a.mcpz:10", kind)).collect();
        rules.push(RuleImage {
            shadow: true,
            deny: Some(DenyMode::Hide),
            ..rule("a.mcpz:10:2", RuleKindImage::Forbid)
        });
        rules.push(RuleImage { words, ..rule("FS-1", RuleKindImage::Forbid) });
        let image = image(&rules);
        assert_eq!(image.each_rule().filter_map(Rule::to_image).collect::<Vec<_>>(), rules);
        let texts: Vec<Option<&str>> = image.each_rule().map(Rule::id_text).collect();
        let limit = Some("a.mcpz:10");
        assert_eq!(texts, [None, None, None, None, limit, None, None, None, Some("FS-1")], "positions are no texts");
        assert_eq!(image.rule(RuleId(9)).map(Rule::id), None);
    }

    #[test]
    fn a_number_is_written_in_digits() {
        for number in [0, 1, 9, 10, 99, 100, 4_096, u32::MAX] {
            let mut out = String::new();
            push_number(number, &mut out);
            assert_eq!(out, alloc::format!(":{number}"));
        }
    }

    #[test]
    fn heads_and_spans_keep_what_they_say() {
        let largest = SpanImage {
            source: SourceId(MOST_SOURCE),
            start: MOST_PLACE,
            end: MOST_PLACE * 2,
            line: MOST_PLACE,
            column: MOST_PLACE,
        };
        for span in [SpanImage::default(), largest] {
            assert_eq!(SpanImage::unpack(span.pack()), span);
        }
        let rule = RuleImage { shadow: true, deny: Some(DenyMode::StepUp), ..rule("X", RuleKindImage::Forbid) };
        let head = Head::new(Kind::Audit, 2, &rule, IdForm::Column);
        assert_eq!((head.kind(), head.of(), head.shadow()), (Kind::Audit, 2, true));
        assert_eq!((head.deny(), head.id()), (rule.deny, Some(IdForm::Column)));
        assert_eq!((Head(7).kind(), Head(0xc0).id()), (Kind::Unknown, None), "what no bundle has");
    }
}
