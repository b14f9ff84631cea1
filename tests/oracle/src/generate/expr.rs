//! Conditions that type-check by construction.
//!
//! A [`Pen`] knows the places that may be read where it writes. It picks a place and a use that fits
//! the place's type; a place that may be absent is guarded first (`has p and ...`, `p ?? ...`).

use super::model::{Field, Model, Ty, WORDS, after_dot};
use super::package::window;
use super::pools;
use super::rng::Rng;

/// A value that an expression may read.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its text.
    pub text: String,
    /// Its type.
    pub ty: Ty,
    /// Whether it may be absent or null.
    pub optional: bool,
    /// Whether it stands in `args`, so that the state can be asked about it.
    pub argument: bool,
}

/// Writes conditions.
pub struct Pen<'a> {
    /// What is declared.
    pub model: &'a Model,
    /// What may be read.
    pub places: Vec<Place>,
    /// `paths(args)` and the like, and questions about calls, make sense.
    pub of_call: bool,
    /// `by: user` makes sense.
    pub has_user: bool,
    /// The targets, as text, to ask history about.
    pub tool: Option<String>,
    binders: usize,
}

impl<'a> Pen<'a> {
    /// A pen that knows only what is known everywhere.
    pub fn new(model: &'a Model) -> Self {
        let mut pen = Pen { model, places: Vec::new(), of_call: false, has_user: false, tool: None, binders: 0 };
        pen.add_fields("context", &model.context, false, false);
        pen
    }

    /// Makes the fields of a record known.
    pub fn add_fields(&mut self, base: &str, fields: &[Field], optional: bool, argument: bool) {
        for field in fields {
            let text = format!("{base}.{}", after_dot(&field.name));
            let may_lack = optional || field.is_optional() || base == "context";
            if let Ty::Record(inner) = &field.ty {
                self.add_fields(&text, inner, may_lack, argument);
            }
            self.places.push(Place { text, ty: field.ty.clone(), optional: may_lack, argument });
        }
    }

    /// A condition.
    pub fn condition(&mut self, rng: &mut Rng, depth: usize) -> String {
        if depth == 0 || rng.chance(45) {
            return self.atom(rng);
        }
        match rng.below(6) {
            0 | 1 => format!("({} and {})", self.condition(rng, depth - 1), self.condition(rng, depth - 1)),
            2 | 3 => format!("({} or {})", self.condition(rng, depth - 1), self.condition(rng, depth - 1)),
            4 => format!("not ({})", self.condition(rng, depth - 1)),
            _ => format!(
                "(if {} then {} else {})",
                self.condition(rng, depth - 1),
                self.condition(rng, depth - 1),
                self.condition(rng, depth - 1)
            ),
        }
    }

    fn atom(&mut self, rng: &mut Rng) -> String {
        if !self.places.is_empty() && rng.chance(75) {
            let place = rng.pick(&self.places).clone();
            return self.about(rng, &place);
        }
        match rng.below(8) {
            0 => format!("now in {}", window(rng)),
            1 => format!("now {} {}", rng.pick(&["<", ">="]), rng.pick(pools::INSTANTS)),
            2 => self.network(rng),
            3 => format!("session holds {}", rng.pick(&self.model.labels)),
            4 => rng.pick(&self.model.classes).name.clone(),
            5 if self.of_call => self.collected(rng),
            6 => self.past(rng),
            _ => format!("calm({})", rng.pick(pools::INTS)),
        }
    }

    fn network(&self, rng: &mut Rng) -> String {
        let inner = match rng.below(3) {
            0 => format!("network.source in {}", net(rng)),
            1 if !self.model.segments.is_empty() => {
                format!("network.source in {}", rng.pick(&self.model.segments).0)
            }
            _ => "network.source in nets".to_string(),
        };
        if rng.chance(50) {
            format!("(has network.source and {inner})")
        } else {
            format!("(not has network.source or {inner})")
        }
    }

    fn past(&self, rng: &mut Rng) -> String {
        let Some(tool) = &self.tool else {
            return format!("session holds {}", rng.pick(&self.model.labels));
        };
        let by = if self.has_user && rng.chance(40) { "user" } else { *rng.pick(&["session", "caller"]) };
        let numbers = self
            .places
            .iter()
            .filter(|place| place.argument && !place.optional && matches!(place.ty, Ty::Int | Ty::Decimal));
        let numbers: Vec<&Place> = numbers.collect();
        match rng.below(3) {
            0 if !numbers.is_empty() => format!(
                "sum(calls to {tool}, of: {}, by: {by}, within: 1d) {} {}",
                rng.pick(&numbers).text,
                rng.pick(&["<", ">="]),
                rng.pick(pools::DECIMALS)
            ),
            0 | 1 => format!("count(calls to {tool}, by: {by}, within: 5m) > {}", rng.pick(&["0", "2", "10"])),
            _ => format!("sequence(calls to {tool}, calls to {tool}, by: {by}, within: 10m)"),
        }
    }

    fn collected(&mut self, rng: &mut Rng) -> String {
        let x = self.binder();
        let quantifier = rng.pick(&["any", "all"]);
        match rng.below(5) {
            0 | 1 => format!("{quantifier}({x} in paths(args): {x} under \"{}\")", rng.pick(pools::PATHS)),
            2 => format!("{quantifier}({x} in urls(args): {x}.scheme == \"https\")"),
            3 => format!("{quantifier}({x} in hosts(args): {x} like \"{}\")", rng.pick(pools::HOST_PATTERNS)),
            _ => format!("{quantifier}({x} in strings(args): {x} contains \"{}\")", rng.pick(&["a", "li", "/", "c1"])),
        }
    }

    fn binder(&mut self) -> String {
        self.binders += 1;
        format!("x{}", self.binders)
    }

    /// A condition about a place; guarded when it may be absent.
    fn about(&mut self, rng: &mut Rng, place: &Place) -> String {
        let present = Place { optional: false, ..place.clone() };
        if !place.optional {
            return self.known(rng, &present);
        }
        match rng.below(7) {
            0 => format!("has {}", place.text),
            1 => format!("not has {}", place.text),
            2 => format!("(not has {} or {})", place.text, self.known(rng, &present)),
            3 => match default_for(rng, &place.ty) {
                Some(value) => {
                    let text = format!("({} ?? {value})", place.text);
                    self.known(rng, &Place { text, optional: false, argument: false, ty: place.ty.clone() })
                }
                None => format!("has {}", place.text),
            },
            _ => format!("(has {} and {})", place.text, self.known(rng, &present)),
        }
    }

    /// A condition about a value that is there.
    fn known(&mut self, rng: &mut Rng, place: &Place) -> String {
        if place.argument
            && rng.chance(8)
            && let Some(question) = self.provenance(rng, place)
        {
            return question;
        }
        let p = &place.text;
        match &place.ty {
            Ty::Bool => rng.pick(&[p.clone(), format!("not {p}"), format!("{p} == true")]).clone(),
            Ty::Int => self.of_int(rng, p),
            Ty::Decimal => of_decimal(rng, p),
            Ty::Text => self.of_text(rng, p),
            Ty::Words => match rng.below(3) {
                0 => format!("{p} == \"{}\"", rng.pick(WORDS)),
                1 => format!("{p} != \"{}\"", rng.pick(WORDS)),
                _ => format!("{p} in [\"{}\", \"{}\"]", rng.pick(WORDS), rng.pick(WORDS)),
            },
            Ty::Path => of_path(rng, p),
            Ty::Url => of_url(rng, p),
            Ty::Host => of_host(rng, p),
            Ty::Ip => of_ip(rng, p),
            Ty::Instant => of_instant(rng, p),
            Ty::Clock(clock) => clock.condition(rng, p),
            Ty::List(element) => self.of_list(rng, p, element),
            Ty::Map(element) => {
                let x = self.binder();
                let inner =
                    Place { text: x.clone(), ty: (**element).clone(), optional: false, argument: place.argument };
                format!("{}({x} in {p}: {})", rng.pick(&["any", "all"]), self.known(rng, &inner))
            }
            Ty::Record(fields) => {
                let field = rng.pick(fields).clone();
                let text = format!("{p}.{}", after_dot(&field.name));
                let optional = field.is_optional();
                self.about(rng, &Place { text, ty: field.ty, optional, argument: place.argument })
            }
            Ty::Open => format!("has {p}"),
            Ty::TextOrInt => match rng.below(3) {
                0 => format!("({p} is string and {})", of_plain_text(rng, p)),
                1 => format!("({p} is int and {p} > {})", rng.pick(pools::INTS)),
                _ => format!("{p} is {}", rng.pick(&["string", "int"])),
            },
        }
    }

    fn provenance(&self, rng: &mut Rng, place: &Place) -> Option<String> {
        let scalar = matches!(place.ty, Ty::Int | Ty::Text | Ty::Words | Ty::Decimal | Ty::Bool);
        match rng.below(3) {
            0 if scalar && matches!(place.ty, Ty::Text | Ty::Words) => Some(format!("{} seen in names", place.text)),
            1 if scalar => Some(format!("{} seen in {}", place.text, rng.pick(&self.model.labels))),
            2 => Some(format!("{} carries {}", place.text, rng.pick(&self.model.labels))),
            _ => None,
        }
    }

    fn of_int(&mut self, rng: &mut Rng, p: &str) -> String {
        let k = rng.pick(pools::INTS);
        match rng.below(9) {
            0 => format!("{p} {} {k}", rng.pick(&["==", "!=", "<", "<=", ">", ">="])),
            1 => format!("{p} in 0..={k}"),
            2 => format!("{p} in [1, {k}, 100]"),
            3 => format!("{p} + {k} > 10"),
            4 => format!("{p} * {p} >= {k}"),
            5 => format!("{p} - 1 < top"),
            6 => format!("{p} in sizes"),
            7 => format!("small({p})"),
            _ => format!("{p} {} 10.5", rng.pick(&["<", ">="])),
        }
    }

    fn of_text(&mut self, rng: &mut Rng, p: &str) -> String {
        match rng.below(11) {
            0..=3 => of_plain_text(rng, p),
            4 => format!("known({p})"),
            5 => format!("{p} in settings.names"),
            6..=9 => parsed(rng, p),
            _ => {
                let other: Vec<Place> =
                    self.places.iter().filter(|other| other.ty == Ty::Text && !other.optional).cloned().collect();
                match other.is_empty() {
                    true => format!("{p} in names"),
                    false => format!("{p} == {}", rng.pick(&other).text),
                }
            }
        }
    }

    fn of_list(&mut self, rng: &mut Rng, p: &str, element: &Ty) -> String {
        if rng.chance(20) {
            return format!("count({p}) {} {}", rng.pick(&["==", "<", ">="]), rng.pick(&["0", "1", "2", "3"]));
        }
        if rng.chance(25) {
            match element {
                Ty::Text => return format!("{p} contains \"{}\"", rng.pick(pools::TEXTS)),
                Ty::Int => return format!("{} in {p}", rng.pick(pools::INTS)),
                _ => {}
            }
        }
        let x = self.binder();
        let inner = Place { text: x.clone(), ty: element.clone(), optional: false, argument: p.starts_with("args") };
        format!("{}({x} in {p}: {})", rng.pick(&["any", "all"]), self.known(rng, &inner))
    }
}

fn default_for(rng: &mut Rng, ty: &Ty) -> Option<String> {
    match ty {
        Ty::Bool => Some(rng.word(&["true", "false"])),
        Ty::Int => Some(rng.word(pools::INTS)),
        Ty::Decimal => Some(rng.word(pools::DECIMALS)),
        Ty::Text => Some(format!("\"{}\"", rng.pick(pools::TEXTS))),
        Ty::Path => Some(format!("\"{}\"", rng.pick(pools::PATHS))),
        _ => None,
    }
}

fn of_decimal(rng: &mut Rng, p: &str) -> String {
    let k = rng.pick(pools::DECIMALS);
    match rng.below(6) {
        0 => format!("{p} {} {k}", rng.pick(&["==", "!=", "<", "<=", ">", ">="])),
        1 => format!("{p} in 0..={k}"),
        2 => format!("{p} * {k} <= 500"),
        3 => format!("{p} + 0.1 > {k}"),
        4 => format!("{p} in prices"),
        _ => format!("{p} * {p} > {k}"),
    }
}

fn of_plain_text(rng: &mut Rng, p: &str) -> String {
    let k = rng.pick(pools::TEXTS);
    match rng.below(10) {
        0 => format!("{p} == \"{k}\""),
        1 => format!("{p} != \"{k}\""),
        2 => format!("{p} in [\"{k}\", \"{}\"]", rng.pick(pools::TEXTS)),
        3 => format!("{p} like \"{}\"", rng.pick(pools::GLOBS)),
        4 => format!("{p} matches \"{}\"", rng.pick(pools::REGEXES)),
        5 => format!("{p} contains \"{}\"", rng.pick(&["a", "li", " "])),
        6 => format!("{}({p}) == \"alice\"", rng.pick(&["lower", "trim"])),
        7 => format!("len({p}) {} {}", rng.pick(&["<", "==", ">"]), rng.pick(&["0", "1", "3", "5"])),
        8 => format!("any(piece in split({p}, \"/\"): piece == \"a\")"),
        _ => format!("{p} not in names"),
    }
}

/// A string read as something else.
fn parsed(rng: &mut Rng, p: &str) -> String {
    match rng.below(9) {
        0 => format!("{p} under \"{}\"", rng.pick(pools::PATHS)),
        1 => of_path(rng, &format!("path({p})")),
        2 => of_url(rng, &format!("url({p})")),
        3 => of_host(rng, &format!("host({p})")),
        4 => of_ip(rng, &format!("ip({p})")),
        6 => format!("any(t in sql({p}, postgres).tables: t == \"t\")"),
        7 => format!("sql({p}, sqlite).kind == \"select\""),
        5 => of_instant(rng, &format!("instant({p})")),
        _ => format!("sql({p}, {}).read_only", rng.pick(&["postgres", "mysql", "sqlite", "ansi"])),
    }
}

fn of_path(rng: &mut Rng, p: &str) -> String {
    match rng.below(8) {
        0..=2 => format!("{p} under \"{}\"", rng.pick(pools::PATHS)),
        3 => format!("{p} like \"{}\"", rng.pick(pools::PATH_GLOBS)),
        4 => format!("{p} == \"{}\"", rng.pick(pools::PATHS)),
        5 => format!("{p}.extension == \"txt\""),
        6 => format!("{p}.depth > {}", rng.pick(&["0", "1", "2"])),
        _ => format!("{p} in homes"),
    }
}

fn of_url(rng: &mut Rng, p: &str) -> String {
    match rng.below(5) {
        0 => format!("{p}.scheme == \"https\""),
        1 => format!("({p}.host ?? \"none.invalid\") like \"{}\"", rng.pick(pools::HOST_PATTERNS)),
        2 => format!("{p} like \"https://*example.org/**\""),
        3 => format!("({p}.port ?? 0) == 443"),
        _ => format!("{p} == \"{}\"", rng.pick(pools::URLS)),
    }
}

fn of_host(rng: &mut Rng, p: &str) -> String {
    match rng.below(3) {
        0 => format!("{p} like \"{}\"", rng.pick(pools::HOST_PATTERNS)),
        1 => format!("{p} == \"example.org\""),
        _ => format!("{p} in {}", net(rng)),
    }
}

fn net(rng: &mut Rng) -> String {
    match rng.below(3) {
        0 => "nets".to_string(),
        1 => format!("\"{}\"", rng.pick(pools::NETS)),
        _ => format!("[\"{}\", \"{}\"]", rng.pick(pools::NETS), rng.pick(pools::NETS)),
    }
}

fn of_ip(rng: &mut Rng, p: &str) -> String {
    if rng.chance(70) { format!("{p} in {}", net(rng)) } else { format!("{p} == \"10.0.0.1\"") }
}

fn of_instant(rng: &mut Rng, p: &str) -> String {
    let zone = rng.pick(pools::ZONES);
    match rng.below(6) {
        0 => format!("{p} {} {}", rng.pick(&["<", "<=", ">", "=="]), rng.pick(pools::INSTANTS)),
        1 => format!("{p} in {}", window(rng)),
        2 => format!("weekday({p}, \"{zone}\") in [\"mon\", \"sat\"]"),
        3 => format!("date({p}, \"{zone}\") == 2026-03-02"),
        4 => format!("time({p}, \"{zone}\") in 09:00..17:00"),
        _ => format!("now - {p} < 7d"),
    }
}
