//! Questions to the state. Everything the state answers is unknown at list time.

use super::{Eval, Scope, typed};
use crate::exact;
use crate::value::{Datum, Item, Stop, Value, error};
use mcpz_compiler::hir::canonical;
use mcpz_compiler::hir::{CallsQuery, Expr, History, HistoryKey, LabelId, PrincipalKind, SeenSource};
use mcpz_runtime::decision::ErrorCode;
use mcpz_runtime::state::{self, HistoryAnswer, HistoryQuery, QueryKind, StateError};

/// A store that fails is an error of the question.
fn answered<T>(answer: Result<T, StateError>) -> Result<T, Stop> {
    answer.map_err(|_| Stop::Error(ErrorCode::State))
}

/// The runtime's word for a key.
pub fn key_of(key: HistoryKey) -> state::HistoryKey {
    match key {
        HistoryKey::Session => state::HistoryKey::Session,
        HistoryKey::User => state::HistoryKey::User,
        HistoryKey::Agent => state::HistoryKey::Agent,
        HistoryKey::Caller => state::HistoryKey::Caller,
    }
}

impl Scope<'_> {
    /// One question.
    pub(super) fn history(&self, question: &History) -> Eval {
        match question {
            History::SessionHolds(label) => typed(self.session_holds(*label)),
            History::Carries(place, label) => typed(self.carries(place, *label)),
            History::SeenIn(place, source) => typed(self.seen_in(place, *source)),
            History::Count(query) => typed(self.ask(question, query, QueryKind::Count)),
            History::Sum(query, _) => typed(self.ask(question, query, QueryKind::Sum)),
            History::Sequence(query, _) => typed(self.ask(question, query, QueryKind::Sequence)),
        }
    }

    fn session_holds(&self, label: LabelId) -> Item {
        if self.listing {
            return Err(Stop::Unknown);
        }
        let name = canonical::label_name(self.world.program, label);
        answered(self.world.state.session_holds(&name)).map(Value::Bool)
    }

    /// Whether there is someone to count by.
    pub fn has_key(&self, key: HistoryKey) -> bool {
        let chain = self.world.chain;
        match key {
            HistoryKey::Session | HistoryKey::Caller => true,
            HistoryKey::User => chain.last().is_some_and(|link| link.kind == PrincipalKind::User),
            HistoryKey::Agent => chain.first().is_some_and(|link| link.kind == PrincipalKind::Agent),
        }
    }

    fn ask(&self, question: &History, query: &CallsQuery, kind: QueryKind) -> Item {
        if self.listing {
            return Err(Stop::Unknown);
        }
        if !self.has_key(query.by) {
            return error(ErrorCode::Missing);
        }
        let text = canonical::history_text(self.world.program, question);
        let asked = HistoryQuery { text: &text, kind, by: key_of(query.by) };
        match (kind, answered(self.world.state.history(&asked))?) {
            (QueryKind::Count, HistoryAnswer::Int(count)) => Ok(Value::Number(exact::from_int(count))),
            (QueryKind::Sum, HistoryAnswer::Decimal(sum)) => Ok(Value::Number(sum)),
            (QueryKind::Sequence, HistoryAnswer::Bool(happened)) => Ok(Value::Bool(happened)),
            _ => error(ErrorCode::State),
        }
    }

    /// The place's JSON value; absent and null are errors.
    fn place(&self, place: &Expr) -> Result<Datum, Stop> {
        match self.eval(place)? {
            Some(datum) if !datum.is_null() => {
                datum.read(&place.ty)?;
                Ok(datum)
            }
            _ => error(ErrorCode::Missing),
        }
    }

    fn carries(&self, place: &Expr, label: LabelId) -> Item {
        let datum = self.place(place)?;
        let Some(pointer) = self.pointer(place) else {
            return error(ErrorCode::Internal);
        };
        let name = canonical::label_name(self.world.program, label);
        let text = scalar_text(&datum);
        answered(self.world.state.carries(&pointer, text.as_deref(), &name)).map(Value::Bool)
    }

    fn seen_in(&self, place: &Expr, source: SeenSource) -> Item {
        let datum = self.place(place)?;
        let Some(text) = scalar_text(&datum) else {
            return error(ErrorCode::Type);
        };
        let name = canonical::seen_name(self.world.program, source);
        let asked = match source {
            SeenSource::Data(_) => state::SeenSource::Data(&name),
            SeenSource::Label(_) => state::SeenSource::Label(&name),
        };
        answered(self.world.state.seen_in(&text, asked)).map(Value::Bool)
    }
}

/// A string as it is, a number in its shortest form, a boolean by its word.
pub fn scalar_text(datum: &Datum) -> Option<String> {
    use crate::json::Json;
    match datum {
        Datum::Json(Json::String(text)) => Some(text.clone()),
        Datum::Json(Json::Number(scaled)) | Datum::Typed(Value::Number(scaled)) => Some(exact::text(*scaled)),
        Datum::Json(Json::Bool(value)) | Datum::Typed(Value::Bool(value)) => Some(value.to_string()),
        Datum::Typed(value) => crate::value::text_of(value),
        Datum::Json(_) => None,
    }
}
