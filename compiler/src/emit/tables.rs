//! The tables that code refers to: symbols, types, constants, automata, zones, natives, patterns,
//! places, questions, subjects. Rows are interned in order of first use.

use super::{automata, zones};
use crate::decision::tree::patterns::PatternGroup;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::e0704;
use crate::hir::{
    HistoryKey, Literal, Native, ParameterKind, Root, SeenSource, Span, SqlDialect, UriPart, UriPattern, Window,
};
use crate::lower::term::{self, Interner, Question, QuestionKind, Slot, SubjectTerm};
use crate::types::Type;
use mcpz_bytecode::ids::*;
use mcpz_bytecode::image::{
    self, AutomatonImage, BundleImage, Constant, HistoryImage, NativeImage, QueryKind, RangeImage, SlotImage, SlotRoot,
    SubjectImage, TypeImage, UriPartImage, UriPatternImage, UrlParts, WindowImage,
};
use std::collections::BTreeMap;

/// The tables under construction.
#[derive(Default)]
pub struct Tables {
    symbols: Interner<String>,
    types: Interner<TypeImage>,
    constants: Interner<Constant>,
    automata: Vec<AutomatonImage>,
    automaton_of: BTreeMap<String, AutomatonId>,
    group_of: BTreeMap<Vec<u8>, AutomatonId>,
    zones: Interner<String>,
    natives: Interner<NativeImage>,
    patterns: Interner<UriPatternImage>,
    slots: Interner<SlotImage>,
    histories: Interner<HistoryImage>,
    subjects: Interner<SubjectImage>,
    diagnostics: Vec<Diagnostic>,
}

impl Tables {
    /// Puts the tables into the image; gives what went wrong in filling them.
    pub fn finish(self, image: &mut BundleImage) -> Vec<Diagnostic> {
        image.symbols = self.symbols.rows().to_vec();
        image.types = self.types.rows().to_vec();
        image.constants = self.constants.rows().iter().cloned().collect();
        image.automata = self.automata;
        image.zones = self.zones.rows().iter().map(|name| zone_or_utc(name)).collect();
        image.natives = self.natives.rows().to_vec();
        image.patterns = self.patterns.rows().to_vec();
        image.slots = self.slots.rows().to_vec();
        image.histories = self.histories.rows().to_vec();
        image.subjects = self.subjects.rows().to_vec();
        self.diagnostics
    }

    /// A field name.
    pub fn symbol(&mut self, name: &str) -> SymbolId {
        SymbolId::new(self.symbols.intern(name.to_string()))
    }

    /// A type.
    pub fn ty(&mut self, ty: &Type) -> TypeId {
        let image = match ty {
            Type::Bool => TypeImage::Bool,
            Type::Int => TypeImage::Int,
            Type::Decimal => TypeImage::Decimal,
            Type::String => TypeImage::String,
            Type::Bytes => TypeImage::Bytes,
            Type::Duration => TypeImage::Duration,
            Type::Instant => TypeImage::Instant,
            Type::Date => TypeImage::Date,
            Type::Time => TypeImage::Time,
            Type::Weekday => TypeImage::Weekday,
            Type::Ip => TypeImage::Ip,
            Type::Net => TypeImage::Net,
            Type::Host => TypeImage::Host,
            Type::Url => TypeImage::Url,
            Type::Path => TypeImage::Path,
            Type::Null => TypeImage::Null,
            Type::Enum(names) => TypeImage::Enum(names.iter().map(ToString::to_string).collect()),
            Type::List(of) => TypeImage::List(self.ty(of)),
            Type::Set(of) => TypeImage::Set(self.ty(of)),
            Type::Map(of) => TypeImage::Map(self.ty(of)),
            Type::Record(record) => {
                // Symbols are numbered as they are met, so the order of names is not theirs.
                let mut fields: Vec<_> =
                    record.fields.iter().map(|(name, ty)| (self.symbol(name), self.ty(ty))).collect();
                fields.sort_unstable();
                TypeImage::Record(fields)
            }
            Type::Union(members) => TypeImage::Union(members.iter().map(|member| self.ty(member)).collect()),
            Type::Optional(of) => TypeImage::Optional(self.ty(of)),
            // These never are the type of a place.
            Type::Json | Type::Segment | Type::Window | Type::Sql | Type::Range(_) | Type::Error => TypeImage::Json,
        };
        TypeId::new(self.types.intern(image))
    }

    /// A constant of code.
    pub fn constant(&mut self, constant: &term::Constant) -> ConstantId {
        match (&constant.literal, constant.is_set) {
            (Literal::List(items), true) => {
                let items = items.iter().map(|item| self.literal(item)).collect();
                self.add_constant(Constant::Set(items))
            }
            (literal, _) => self.literal(literal),
        }
    }

    /// A constant of data, shaped by its type.
    pub fn typed_constant(&mut self, literal: &Literal, ty: &Type) -> ConstantId {
        match (literal, ty.required()) {
            (Literal::List(items), Type::List(of)) => {
                let items = items.iter().map(|item| self.typed_constant(item, of)).collect();
                self.add_constant(Constant::List(items))
            }
            (Literal::List(items), Type::Set(of)) => {
                let items = items.iter().map(|item| self.typed_constant(item, of)).collect();
                self.add_constant(Constant::Set(items))
            }
            (Literal::Record(fields), Type::Record(record)) => {
                let json = Type::Json;
                let ty_of = |name: &str| record.fields.get(name).unwrap_or(&json);
                let rows = fields
                    .iter()
                    .map(|(name, value)| (name.to_string(), self.typed_constant(value, ty_of(name))))
                    .collect();
                self.add_constant(Constant::Record(sorted(rows)))
            }
            (Literal::Record(fields), Type::Map(of)) => {
                let rows =
                    fields.iter().map(|(name, value)| (name.to_string(), self.typed_constant(value, of))).collect();
                self.add_constant(Constant::Record(sorted(rows)))
            }
            _ => self.literal(literal),
        }
    }

    fn literal(&mut self, literal: &Literal) -> ConstantId {
        let constant = match literal {
            Literal::Null => Constant::Null,
            Literal::Bool(value) => Constant::Bool(*value),
            Literal::Int(value) => Constant::Number(i128::from(*value) * 10_i128.pow(18)),
            Literal::Decimal(value) => Constant::Number(*value),
            Literal::String(text) | Literal::Regex(text) => Constant::String(text.as_str().into()),
            Literal::Duration(milliseconds) => Constant::Duration(*milliseconds),
            Literal::Instant(milliseconds) => Constant::Instant(*milliseconds),
            Literal::Date(days) => Constant::Date(*days),
            Literal::Time(seconds) => Constant::Time(*seconds),
            Literal::Weekday(day) => Constant::Weekday(*day),
            Literal::Ip(address) => Constant::Ip(*address),
            Literal::Net(address, prefix) => Constant::Net(*address, *prefix),
            Literal::Host(text) => Constant::Host(text.as_str().into()),
            Literal::Url(text) => Constant::Url(Box::new(url_parts(text))),
            Literal::Path(text) => Constant::Path(text.as_str().into()),
            Literal::Segment(segment) => Constant::Segment(SegmentId::new(segment.index())),
            Literal::Glob { pattern, path_like } => {
                Constant::Glob { pattern: pattern.as_str().into(), path_like: *path_like }
            }
            Literal::HostPattern(text) => Constant::HostPattern(text.as_str().into()),
            Literal::Window(window) => Constant::Window(self.window(window)),
            Literal::List(items) => Constant::List(items.iter().map(|item| self.literal(item)).collect()),
            Literal::Record(fields) => {
                let rows = fields.iter().map(|(name, value)| (name.to_string(), self.literal(value))).collect();
                Constant::Record(sorted(rows))
            }
        };
        self.add_constant(constant)
    }

    /// A boolean constant.
    pub fn boolean(&mut self, value: bool) -> ConstantId {
        self.add_constant(Constant::Bool(value))
    }

    /// The constant null.
    pub fn null(&mut self) -> ConstantId {
        self.add_constant(Constant::Null)
    }

    /// A range of constants.
    pub fn range(&mut self, range: RangeImage) -> ConstantId {
        self.add_constant(Constant::Range(range))
    }

    /// A text as a constant.
    pub fn text(&mut self, text: &str) -> ConstantId {
        self.add_constant(Constant::String(text.into()))
    }

    /// A path as a constant.
    pub fn path(&mut self, path: &str) -> ConstantId {
        self.add_constant(Constant::Path(path.into()))
    }

    /// A network as a constant.
    pub fn network(&mut self, (address, length): (std::net::IpAddr, u8)) -> ConstantId {
        self.add_constant(Constant::Net(address, length))
    }

    /// The automaton of many patterns.
    pub fn group(&mut self, group: &PatternGroup) -> AutomatonId {
        if let Some(known) = self.group_of.get(&group.dfa) {
            return *known;
        }
        let id = AutomatonId::new(self.automata.len());
        let patterns = u32::try_from(group.cases.len()).unwrap_or(u32::MAX);
        let source = format!("{patterns} patterns");
        self.automata.push(AutomatonImage { dfa: group.dfa.clone(), patterns, source });
        self.group_of.insert(group.dfa.clone(), id);
        id
    }

    fn add_constant(&mut self, constant: Constant) -> ConstantId {
        ConstantId::new(self.constants.intern(constant))
    }

    fn window(&mut self, window: &Window) -> WindowImage {
        WindowImage {
            zone: self.zone(&window.zone),
            days: window.days,
            from_s: window.from_s,
            until_s: window.until_s,
            first_date: window.first_date,
            last_date: window.last_date,
        }
    }

    fn zone(&mut self, name: &str) -> ZoneId {
        ZoneId::new(self.zones.intern(name.to_string()))
    }

    /// The automaton of a regex, used by the condition at `span`.
    pub fn automaton(&mut self, pattern: &str, span: Span) -> AutomatonId {
        if let Some(known) = self.automaton_of.get(pattern) {
            return *known;
        }
        let id = AutomatonId::new(self.automata.len());
        match automata::automaton(pattern) {
            Some(automaton) => self.automata.push(automaton),
            None => self
                .diagnostics
                .push(e0704::bundle_limit(span, &format!("the automaton of `{pattern}` has too many states"))),
        }
        self.automaton_of.insert(pattern.to_string(), id);
        id
    }

    /// A native.
    pub fn native(&mut self, native: &Native) -> NativeId {
        let image = match native {
            Native::Len => NativeImage::Len,
            Native::Lower => NativeImage::Lower,
            Native::Upper => NativeImage::Upper,
            Native::Trim => NativeImage::Trim,
            Native::Split(separator) => NativeImage::Split(separator.clone()),
            Native::Path => NativeImage::Path,
            Native::Url => NativeImage::Url,
            Native::Host => NativeImage::Host,
            Native::Ip => NativeImage::Ip,
            Native::Instant => NativeImage::Instant,
            Native::Weekday(zone) => NativeImage::Weekday(self.zone(zone)),
            Native::Date(zone) => NativeImage::Date(self.zone(zone)),
            Native::Time(zone) => NativeImage::Time(self.zone(zone)),
            Native::Sql(dialect) => NativeImage::Sql(match dialect {
                SqlDialect::Postgres => image::SqlDialect::Postgres,
                SqlDialect::Mysql => image::SqlDialect::Mysql,
                SqlDialect::Sqlite => image::SqlDialect::Sqlite,
                SqlDialect::Ansi => image::SqlDialect::Ansi,
            }),
        };
        NativeId::new(self.natives.intern(image))
    }

    /// A URI pattern.
    pub fn pattern(&mut self, pattern: &UriPattern) -> PatternId {
        PatternId::new(self.patterns.intern(uri_pattern(pattern)))
    }

    /// A place.
    pub fn slot(&mut self, slot: &Slot) -> SlotId {
        let root = self.slot_root(slot);
        let path = slot.path.iter().map(|name| self.symbol(name)).collect();
        let ty = self.ty(&slot.ty);
        SlotId::new(self.slots.intern(SlotImage { root, path, ty }))
    }

    fn slot_root(&mut self, slot: &Slot) -> SlotRoot {
        match &slot.root {
            // A variable is replaced by what it stands for before this stage.
            Root::Args | Root::Var(_) => SlotRoot::Args,
            Root::PromptArgs => SlotRoot::PromptArgs,
            Root::UserClaims => SlotRoot::UserClaims,
            Root::AgentClaims => SlotRoot::AgentClaims,
            Root::LinkClaims => SlotRoot::LinkClaims,
            Root::LinkSpiffe => SlotRoot::LinkSpiffe,
            Root::LinkUid => SlotRoot::LinkUid,
            Root::Context => SlotRoot::Context,
            Root::Now => SlotRoot::Now,
            Root::NetworkSource => SlotRoot::NetworkSource,
            Root::ResourceUri => SlotRoot::ResourceUri,
            Root::UriVariable(name) => {
                let pattern = slot.pattern.clone().unwrap_or(UriPattern { parts: Vec::new() });
                SlotRoot::UriVariable(self.pattern(&pattern), self.symbol(name))
            }
            Root::Sample => SlotRoot::Sample,
            Root::Elicit => SlotRoot::Elicit,
            Root::Data(data) => SlotRoot::Data(DataId::new(data.index())),
        }
    }

    /// All parameters of a kind, as a place.
    pub fn collection(&mut self, kind: ParameterKind) -> SlotId {
        let element = match kind {
            ParameterKind::Paths => Type::Path,
            ParameterKind::Urls => Type::Url,
            ParameterKind::Hosts => Type::Host,
            ParameterKind::Strings => Type::String,
        };
        let ty = self.ty(&Type::List(Box::new(element)));
        let root = SlotRoot::Collect(super::plan::kind(kind));
        SlotId::new(self.slots.intern(SlotImage { root, path: Vec::new(), ty }))
    }

    /// A question to the state.
    pub fn history(&mut self, question: &Question) -> HistoryId {
        let query = |kind, by| HistoryImage::Query { text: question.text.clone(), kind, by: history_key(by) };
        let image = match question.kind {
            QuestionKind::SessionHolds(label) => HistoryImage::SessionHolds(LabelId::new(label.index())),
            QuestionKind::Carries(label) => HistoryImage::Carries(LabelId::new(label.index())),
            QuestionKind::SeenIn(SeenSource::Data(data)) => HistoryImage::SeenInData(DataId::new(data.index())),
            QuestionKind::SeenIn(SeenSource::Label(label)) => HistoryImage::SeenInLabel(LabelId::new(label.index())),
            QuestionKind::Count(by) => query(QueryKind::Count, by),
            QuestionKind::Sum(by) => query(QueryKind::Sum, by),
            QuestionKind::Sequence(by) => query(QueryKind::Sequence, by),
        };
        HistoryId::new(self.histories.intern(image))
    }

    /// A subject.
    pub fn subject(&mut self, subject: &SubjectTerm) -> SubjectId {
        let image = match subject {
            SubjectTerm::Anyone => SubjectImage::Anyone,
            SubjectTerm::Anonymous => SubjectImage::Anonymous,
            SubjectTerm::AnyAgent => SubjectImage::AnyAgent,
            SubjectTerm::AnyUser => SubjectImage::AnyUser,
            SubjectTerm::Class(class) => SubjectImage::Class(ClassId::new(class.index())),
            SubjectTerm::Either(members) => {
                SubjectImage::Either(members.iter().map(|member| self.subject(member)).collect())
            }
            SubjectTerm::Both(members) => {
                SubjectImage::Both(members.iter().map(|member| self.subject(member)).collect())
            }
            SubjectTerm::ActingFor(agent, user) => SubjectImage::ActingFor(self.subject(agent), self.subject(user)),
            SubjectTerm::Server(server) => SubjectImage::Server(ServerId::new(server.index())),
        };
        SubjectId::new(self.subjects.intern(image))
    }
}

/// The key in the bundle's words.
pub fn history_key(key: HistoryKey) -> image::HistoryKey {
    match key {
        HistoryKey::Session => image::HistoryKey::Session,
        HistoryKey::User => image::HistoryKey::User,
        HistoryKey::Agent => image::HistoryKey::Agent,
        HistoryKey::Caller => image::HistoryKey::Caller,
    }
}

/// A pattern in the bundle's words.
pub fn uri_pattern(pattern: &UriPattern) -> UriPatternImage {
    let part = |part: &UriPart| match part {
        UriPart::Text(text) => UriPartImage::Text(text.clone()),
        UriPart::Star => UriPartImage::Star,
        UriPart::DoubleStar => UriPartImage::DoubleStar,
        UriPart::Variable(name) => UriPartImage::Variable(name.to_string()),
    };
    UriPatternImage { parts: pattern.parts.iter().map(part).collect() }
}

fn sorted(mut rows: Vec<(String, ConstantId)>) -> Vec<(String, ConstantId)> {
    rows.sort();
    rows.dedup_by(|later, earlier| later.0 == earlier.0);
    rows
}

/// The checker refuses unknown zones; were one to get here, UTC keeps its id meaningful.
fn zone_or_utc(name: &str) -> image::ZoneImage {
    zones::zone(name).unwrap_or_else(|| image::ZoneImage { name: name.to_string(), ..Default::default() })
}

/// The parts of a URL that the checker has normalised.
fn url_parts(text: &str) -> UrlParts {
    let Ok(url) = url::Url::parse(text) else {
        return UrlParts { text: text.to_string(), ..UrlParts::default() };
    };
    let host = url.host_str().filter(|host| !host.is_empty());
    UrlParts {
        text: url.as_str().to_string(),
        scheme: url.scheme().to_string(),
        host: host.map(|host| host.trim_start_matches('[').trim_end_matches(']').to_string()),
        port: url.port_or_known_default(),
        path: url.path().to_string(),
        query: url.query().map(ToString::to_string),
        username: Some(url.username()).filter(|name| !name.is_empty()).map(ToString::to_string),
    }
}
