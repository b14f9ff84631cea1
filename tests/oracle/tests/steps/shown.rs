//! A decision as words, the same for what is written and for what is found.

use crate::case::Expectation;
use mcpz_oracle::driver::Built;
use mcpz_runtime::decision::{
    AuditLevel, Decision, DenyMode, HistoryKey, RedactHow, RedactWhat, RuleId, StepImage, Unmet,
};

/// Field names and their words, all of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown(Vec<(&'static str, String)>);

impl Shown {
    /// What is written.
    pub fn of_expectation(expect: &Expectation) -> Shown {
        Shown(vec![
            ("effect", expect.effect.clone()),
            ("reason", expect.reason.clone()),
            ("show", expect.show.clone()),
            ("by", format!("{:?}", expect.by)),
            ("unmet", format!("{:?}", expect.unmet)),
            ("redactions", format!("{:?}", expect.redactions)),
            ("audit", format!("{:?}", expect.audit)),
            ("labels", format!("{:?}", expect.labels)),
            ("stores", format!("{:?}", expect.stores)),
            ("consumes", format!("{:?}", expect.consumes)),
            ("listed", format!("{:?}", expect.listed)),
            ("errors", format!("{:?}", expect.errors)),
            ("shadow", format!("{:?}", expect.shadow)),
            ("retry_after_ms", format!("{:?}", expect.retry_after_ms)),
        ])
    }

    /// What is found.
    pub fn of_decision(built: &Built, decision: &Decision) -> Shown {
        let id = |rule: RuleId| built.rule(rule).id.clone();
        let duties = &decision.obligations;
        let all = |words: Vec<String>| format!("{words:?}");
        let redactions = duties.redactions.iter().map(|duty| format!("{}: {}", id(duty.rule), redaction(duty)));
        let labels = duties.labels.iter().map(|duty| match duty.path.as_slice() {
            [] => duty.label.clone(),
            steps => format!("{}: {}", duty.label, path(steps)),
        });
        let stores = duties.stores.iter().map(|duty| match &duty.key {
            None => duty.label.clone(),
            Some(key) => format!("{} by {key}", duty.label),
        });
        let consumes = duties.consumes.iter().map(|duty| {
            format!("{}: {} per {}ms by {}", id(duty.rule), decimal(duty.amount), duty.window_ms, key(duty.by))
        });
        let errors = decision.errors.iter().map(|error| format!("{}: {}", id(error.rule), error.code.name()));
        let shadow = decision.shadow.iter().map(|hit| match hit.error {
            None => id(hit.rule),
            Some(code) => format!("{}: {}", id(hit.rule), code.name()),
        });
        Shown(vec![
            ("effect", decision.effect.name().to_string()),
            ("reason", decision.reason.name().to_string()),
            ("show", show(decision.show).to_string()),
            ("by", format!("{:?}", decision.determining.map(id))),
            ("unmet", all(decision.unmet.iter().map(|what| unmet(&id, what)).collect())),
            ("redactions", all(redactions.collect())),
            ("audit", format!("{:?}", duties.audit.map(audit))),
            ("labels", all(labels.collect())),
            ("stores", all(stores.collect())),
            ("consumes", all(consumes.collect())),
            ("listed", format!("{:?}", duties.listed)),
            ("errors", all(errors.collect())),
            ("shadow", all(shadow.collect())),
            ("retry_after_ms", format!("{:?}", decision.retry_after_ms)),
        ])
    }

    /// Where this differs from what is wanted.
    pub fn differences(&self, wanted: &Shown) -> Vec<String> {
        let pairs = self.0.iter().zip(&wanted.0).filter(|(found, wanted)| found != wanted);
        pairs.map(|((name, found), (_, wanted))| format!("{name} is {found}, wanted {wanted}")).collect()
    }
}

fn show(mode: DenyMode) -> &'static str {
    match mode {
        DenyMode::Explain => "explain",
        DenyMode::StepUp => "step_up",
        DenyMode::Hide => "hide",
    }
}

fn audit(level: AuditLevel) -> &'static str {
    match level {
        AuditLevel::None => "none",
        AuditLevel::Summary => "summary",
        AuditLevel::Full => "full",
    }
}

fn key(key: HistoryKey) -> &'static str {
    match key {
        HistoryKey::Session => "session",
        HistoryKey::User => "user",
        HistoryKey::Agent => "agent",
        HistoryKey::Caller => "caller",
    }
}

fn within(ms: Option<i64>) -> String {
    ms.map_or(String::new(), |ms| format!(" within {ms}ms"))
}

fn unmet(id: &impl Fn(RuleId) -> String, what: &Unmet) -> String {
    match what {
        Unmet::Grant { grant } => format!("grant {grant}"),
        Unmet::Approval { rule, count, approvers, expires_ms } => {
            format!("{}: approval by {count} of [{}]{}", id(*rule), approvers.join(", "), within(*expires_ms))
        }
        Unmet::Mfa { rule, fresh_ms } => format!("{}: mfa{}", id(*rule), within(*fresh_ms)),
        Unmet::Scope { rule, scopes } => format!("{}: scope [{}]", id(*rule), scopes.join(", ")),
    }
}

fn path(steps: &[StepImage]) -> String {
    let word = |step: &StepImage| match step {
        StepImage::Field(name) => format!(".{name}"),
        StepImage::Each => "[*]".to_string(),
    };
    format!("result{}", steps.iter().map(word).collect::<String>())
}

fn redaction(duty: &mcpz_runtime::decision::RedactionObligation) -> String {
    let what = match &duty.what {
        RedactWhat::Field(steps) => path(steps),
        RedactWhat::Matching(regex) => format!("matching {regex}"),
    };
    let how = match &duty.how {
        RedactHow::Drop => "drop".to_string(),
        RedactHow::Replace(text) => format!("replace {text}"),
        RedactHow::KeepFirst(count) => format!("keep first {count}"),
        RedactHow::KeepLast(count) => format!("keep last {count}"),
    };
    format!("{what} {how}")
}

/// Units of 10^-18 as a decimal.
fn decimal(units: i128) -> String {
    let one = 10_i128.pow(18);
    let fraction = format!("{:018}", units % one);
    let text = format!("{}.{}", units / one, fraction.trim_end_matches('0'));
    text.trim_end_matches('.').to_string()
}
