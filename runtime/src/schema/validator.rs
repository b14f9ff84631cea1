//! The interpreter.

use super::{MAX_DEPTH, MAX_STEPS, SchemaFault, constant};
use crate::json::{Document, Kind, NodeId};
use mcpz_bytecode::schema::{
    Bound, CheckView, Combinator, Constants, Form, NodeList, ObjectNode, PairSearch, Pairs, SchemaView, SimpleNode,
    Size, Strings, same, types,
};

/// What is validated: a value, or the key of a member (`propertyNames`).
#[derive(Clone, Copy)]
enum Instance<'a> {
    Value(NodeId),
    Key(NodeId, &'a str),
}

pub(super) struct Validator<'d, 's> {
    document: Document<'d>,
    schema: SchemaView<'s>,
    steps: u32,
    depth: u32,
}

/// `Ok` fits; the fault is `None` when the budget is spent, which no `not` may turn round.
type Outcome = Result<(), Fault>;

#[derive(Clone, Copy)]
enum Fault {
    /// The value does not fit.
    Invalid(SchemaFault),
    /// It cannot be told: refuse.
    Exceeded(SchemaFault),
}

impl<'d, 's> Validator<'d, 's> {
    pub(super) fn new(document: Document<'d>, schema: SchemaView<'s>) -> Validator<'d, 's> {
        Validator { document, schema, steps: MAX_STEPS, depth: MAX_DEPTH }
    }

    pub(super) fn validate(&mut self, node: NodeId, note: impl FnMut(u32, NodeId)) -> Result<(), SchemaFault> {
        let root = self.schema.root();
        let outcome = match self.schema.form(root) {
            Some(Form::Object(object)) => {
                self.depth = self.depth.saturating_sub(1);
                self.object(node, object, note)
            }
            _ => self.node(Instance::Value(node), root),
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(Fault::Invalid(fault) | Fault::Exceeded(fault)) => Err(fault),
        }
    }

    /// Checks a value against a node: most are simple, and need no call.
    #[inline(always)]
    fn value(&mut self, value: NodeId, node: u32) -> Outcome {
        match self.schema.form(node) {
            Some(Form::Simple(simple)) if self.depth > 0 && self.fits_simply(value, simple) => {
                self.steps(Instance::Value(value), simple.checks)
            }
            _ => self.node(Instance::Value(value), node),
        }
    }

    fn node(&mut self, instance: Instance<'d>, node: u32) -> Outcome {
        let Some(deeper) = self.depth.checked_sub(1) else {
            return exceeded(instance, "depth");
        };
        self.depth = deeper;
        let outcome = match (self.schema.form(node), instance) {
            (Some(Form::Object(object)), Instance::Value(value)) => self.object(value, object, |_, _| ()),
            _ => self.checks(instance, node),
        };
        self.depth = self.depth.saturating_add(1);
        outcome
    }

    /// Whether a value fits a simple node. Of one that does not, the checks tell why.
    #[inline(always)]
    fn fits_simply(&self, value: NodeId, node: &SimpleNode) -> bool {
        let (kind, more) = match self.document.kind(value) {
            Kind::String => (types::STRING, node.is_any_text() || self.is_let_in(value, node)),
            Kind::Number => {
                let integral = node.mask & types::NUMBER != 0 || self.document.integer(value).is_some();
                let within = self.document.number(value).is_some_and(|units| self.schema.is_within(node, units));
                (types::NUMBER | types::INTEGER, integral && within)
            }
            Kind::Null => (types::NULL, true),
            Kind::Bool => (types::BOOLEAN, true),
            Kind::Array => (types::ARRAY, true),
            Kind::Object => (types::OBJECT, true),
        };
        node.mask & kind != 0 && more
    }

    /// Whether a text has the length and is among the choices that a node asks for.
    fn is_let_in(&self, value: NodeId, node: &SimpleNode) -> bool {
        self.document.str(value).is_some_and(|text| has_length(text, node) && self.schema.lets_in(node, text))
    }

    /// Checks a value against a node that asks for an object, in one walk over the members; `note` is told those that
    /// the node names.
    #[inline(never)]
    fn object(&mut self, object: NodeId, node: &ObjectNode, mut note: impl FnMut(u32, NodeId)) -> Outcome {
        let instance = Instance::Value(object);
        let count = u32::try_from(self.document.size(object)).unwrap_or(u32::MAX);
        self.steps(instance, node.checks.saturating_add(count))?;
        if self.document.kind(object) != Kind::Object {
            return ensure(self.has_type(instance, node.mask), instance, "type");
        }
        ensure(node.mask & types::OBJECT != 0, instance, "type")?;
        let members = self.schema.members(node);
        let mut seen = 0_u64;
        for (name, member) in self.document.members_by_name(object) {
            let mut schema = node.additional;
            if let Some(number) = members.find(name) {
                note(number, member);
                seen |= 1_u64.checked_shl(number).unwrap_or(0);
                schema = members.node(number);
            }
            if let Some(schema) = schema {
                self.value(member, schema)?;
            }
        }
        ensure(seen & node.required == node.required, instance, "required")
    }

    fn checks(&mut self, instance: Instance<'d>, node: u32) -> Outcome {
        let Some(mut checks) = self.schema.checks(node) else {
            return exceeded(instance, "schema");
        };
        loop {
            // The checks of ordinary parameters first, without a detour through all the others.
            if let Some(mask) = checks.take_type() {
                self.step(instance)?;
                ensure(self.has_type(instance, mask), instance, "type")?;
            } else if let Some((size, limit)) = checks.take_size() {
                self.step(instance)?;
                self.size(instance, size, limit)?;
            } else if let Some((bound, limit)) = checks.take_bound() {
                self.step(instance)?;
                self.bound(instance, bound, limit)?;
            } else if let Some(check) = checks.next() {
                self.step(instance)?;
                let Some(check) = check else {
                    return exceeded(instance, "schema");
                };
                self.check(instance, check)?;
            } else {
                return Ok(());
            }
        }
    }

    #[inline(always)]
    fn check(&mut self, instance: Instance<'d>, check: CheckView<'s>) -> Outcome {
        match check {
            CheckView::Never => invalid(instance, "false"),
            CheckView::Type(mask) => ensure(self.has_type(instance, mask), instance, "type"),
            CheckView::IntegerRange(min, max) => {
                let value = self.integer_units(instance);
                ensure(value.is_none_or(|value| min <= value && value <= max), instance, "integer_range")
            }
            CheckView::Enum(values) => self.one_of_values(instance, values),
            CheckView::Bound(bound, limit) => self.bound(instance, bound, limit),
            CheckView::Size(size, limit) => self.size(instance, size, limit),
            CheckView::Pattern(automaton) => self.pattern(instance, automaton),
            CheckView::Ref(node) => self.node(instance, node),
            CheckView::Combine(combinator, nodes) => self.combine(instance, combinator, nodes),
            CheckView::Not(node) => ensure(!self.fits(instance, node)?, instance, "not"),
            CheckView::If { condition, then, otherwise } => {
                let branch = if self.fits(instance, condition)? { then } else { otherwise };
                branch.map_or(Ok(()), |node| self.node(instance, node))
            }
            container => match instance {
                Instance::Value(node) => self.container(node, container),
                Instance::Key(..) => Ok(()),
            },
        }
    }

    /// Checks that say something of arrays and objects only.
    fn container(&mut self, node: NodeId, check: CheckView<'s>) -> Outcome {
        let wanted = match check {
            CheckView::UniqueItems | CheckView::Items { .. } | CheckView::Contains { .. } => Kind::Array,
            _ => Kind::Object,
        };
        if self.document.kind(node) != wanted {
            return Ok(());
        }
        match check {
            CheckView::UniqueItems => self.unique(node),
            CheckView::Items { prefix, rest } => self.items(node, prefix, rest),
            CheckView::Contains { node: wanted, min, max } => self.contains(node, wanted, min, max),
            CheckView::Members { properties, patterns, additional } => {
                self.members(node, properties, patterns, additional)
            }
            CheckView::Required(names) => self.required(node, names, "required"),
            CheckView::PropertyNames(schema) => {
                for (key, member) in self.document.members(node) {
                    self.node(Instance::Key(member, key), schema)?;
                }
                Ok(())
            }
            CheckView::DependentRequired(name, names) => match self.document.get(node, name) {
                Some(_) => self.required(node, names, "dependentRequired"),
                None => Ok(()),
            },
            CheckView::DependentSchema(name, schema) => match self.document.get(node, name) {
                Some(_) => self.node(Instance::Value(node), schema),
                None => Ok(()),
            },
            // `check` has dealt with the others; a check that is not understood refuses.
            _ => exceeded(Instance::Value(node), "schema"),
        }
    }

    fn kind(&self, instance: Instance<'d>) -> Kind {
        match instance {
            Instance::Value(node) => self.document.kind(node),
            Instance::Key(..) => Kind::String,
        }
    }

    fn text(&self, instance: Instance<'d>) -> Option<&'d str> {
        match instance {
            Instance::Value(node) => self.document.str(node),
            Instance::Key(_, key) => Some(key),
        }
    }

    fn units(&self, instance: Instance<'d>) -> Option<i128> {
        match instance {
            Instance::Value(node) => self.document.number(node),
            Instance::Key(..) => None,
        }
    }

    fn integer_units(&self, instance: Instance<'d>) -> Option<i128> {
        match instance {
            Instance::Value(node) => self.document.integer(node).and_then(|_| self.document.number(node)),
            Instance::Key(..) => None,
        }
    }

    fn has_type(&self, instance: Instance<'d>, mask: u32) -> bool {
        let bits = match self.kind(instance) {
            Kind::Null => types::NULL,
            Kind::Bool => types::BOOLEAN,
            Kind::Number if mask & types::NUMBER != 0 => types::NUMBER,
            Kind::Number if self.is_integer(instance) => types::INTEGER,
            Kind::Number => 0,
            Kind::String => types::STRING,
            Kind::Array => types::ARRAY,
            Kind::Object => types::OBJECT,
        };
        mask & bits != 0
    }

    fn is_integer(&self, instance: Instance<'d>) -> bool {
        matches!(instance, Instance::Value(node) if self.document.integer(node).is_some())
    }

    fn one_of_values(&mut self, instance: Instance<'d>, values: Constants<'s>) -> Outcome {
        if let Some(text) = self.text(instance) {
            for value in values.texts() {
                self.step(instance)?;
                if value.is_some_and(|value| same(value, text.as_bytes())) {
                    return Ok(());
                }
            }
            return invalid(instance, "enum");
        }
        let Instance::Value(node) = instance else {
            return invalid(instance, "enum");
        };
        for value in values {
            self.steps(instance, self.document.weight(node))?;
            if constant::equals(self.document, node, value) {
                return Ok(());
            }
        }
        invalid(instance, "enum")
    }

    fn bound(&self, instance: Instance<'d>, bound: Bound, limit: i128) -> Outcome {
        let Some(value) = self.units(instance) else {
            return Ok(());
        };
        let (fits, keyword) = match bound {
            Bound::Minimum => (value >= limit, "minimum"),
            Bound::Maximum => (value <= limit, "maximum"),
            Bound::ExclusiveMinimum => (value > limit, "exclusiveMinimum"),
            Bound::ExclusiveMaximum => (value < limit, "exclusiveMaximum"),
            Bound::MultipleOf => (value.checked_rem(limit) == Some(0), "multipleOf"),
        };
        ensure(fits, instance, keyword)
    }

    fn size(&self, instance: Instance<'d>, size: Size, limit: u32) -> Outcome {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let count = |wanted: Kind| match instance {
            Instance::Value(node) if self.document.kind(node) == wanted => Some(self.document.size(node)),
            _ => None,
        };
        let (fits, keyword) = match size {
            Size::MinLength => (self.text(instance).is_none_or(|text| is_as_long(text, limit)), "minLength"),
            Size::MaxLength => (self.text(instance).is_none_or(|text| !is_longer(text, limit)), "maxLength"),
            Size::MinItems => (count(Kind::Array).is_none_or(|count| count >= limit), "minItems"),
            Size::MaxItems => (count(Kind::Array).is_none_or(|count| count <= limit), "maxItems"),
            Size::MinProperties => (count(Kind::Object).is_none_or(|count| count >= limit), "minProperties"),
            Size::MaxProperties => (count(Kind::Object).is_none_or(|count| count <= limit), "maxProperties"),
        };
        ensure(fits, instance, keyword)
    }

    fn pattern(&self, instance: Instance<'d>, automaton: u32) -> Outcome {
        let Some(text) = self.text(instance) else {
            return Ok(());
        };
        match self.schema.matches(automaton, text) {
            Some(matches) => ensure(matches, instance, "pattern"),
            None => exceeded(instance, "pattern"),
        }
    }

    fn unique(&mut self, array: NodeId) -> Outcome {
        for (position, element) in self.document.elements(array).enumerate() {
            for earlier in self.document.elements(array).take(position) {
                // What is compared is paid for: elements may be large.
                let nodes = self.document.weight(earlier).min(self.document.weight(element));
                self.steps(Instance::Value(element), nodes)?;
                if self.document.equal(earlier, element) {
                    return invalid(Instance::Value(element), "uniqueItems");
                }
            }
        }
        Ok(())
    }

    fn items(&mut self, array: NodeId, prefix: NodeList<'s>, rest: Option<u32>) -> Outcome {
        let mut prefix = prefix.rows();
        for element in self.document.elements(array) {
            self.step(Instance::Value(element))?;
            match prefix.next().or(rest) {
                Some(schema) => self.value(element, schema)?,
                None => break,
            }
        }
        Ok(())
    }

    fn contains(&mut self, array: NodeId, wanted: u32, min: u32, max: Option<u32>) -> Outcome {
        let mut found = 0_u32;
        for element in self.document.elements(array) {
            if self.fits(Instance::Value(element), wanted)? {
                found = found.saturating_add(1);
            }
        }
        ensure(found >= min && max.is_none_or(|max| found <= max), Instance::Value(array), "contains")
    }

    fn members(
        &mut self,
        object: NodeId,
        properties: Pairs<'s>,
        patterns: NodeList<'s>,
        additional: Option<u32>,
    ) -> Outcome {
        if !patterns.is_empty() || additional.is_some() {
            return self.all_members(object, properties, patterns, additional);
        }
        for (name, schema) in properties.by_bytes() {
            self.step(Instance::Value(object))?;
            if let Some(member) = self.document.member(object, name) {
                self.node(Instance::Value(member), schema)?;
            }
        }
        Ok(())
    }

    /// When it matters which members the schema does not name: member by member.
    fn all_members(
        &mut self,
        object: NodeId,
        properties: Pairs<'s>,
        patterns: NodeList<'s>,
        additional: Option<u32>,
    ) -> Outcome {
        let mut search = PairSearch::new(properties);
        for (key, member) in self.document.members_by_bytes(object) {
            let instance = Instance::Value(member);
            let (found, looked_at) = search.find(key);
            self.steps(instance, looked_at)?;
            let mut named = false;
            if let Some(schema) = found {
                named = true;
                self.node(instance, schema)?;
            }
            for (automaton, schema) in patterns.pairs() {
                self.step(instance)?;
                let key = core::str::from_utf8(key).unwrap_or_default();
                let Some(matches) = self.schema.matches(automaton, key) else {
                    return exceeded(instance, "patternProperties");
                };
                if matches {
                    named = true;
                    self.node(instance, schema)?;
                }
            }
            if let Some(schema) = additional.filter(|_| !named) {
                self.node(instance, schema)?;
            }
        }
        Ok(())
    }

    fn required(&mut self, object: NodeId, names: Strings<'s>, keyword: &'static str) -> Outcome {
        for name in names.bytes() {
            self.step(Instance::Value(object))?;
            ensure(self.document.member(object, name).is_some(), Instance::Value(object), keyword)?;
        }
        Ok(())
    }

    fn combine(&mut self, instance: Instance<'d>, combinator: Combinator, nodes: NodeList<'s>) -> Outcome {
        if combinator == Combinator::All {
            for node in nodes.rows() {
                self.node(instance, node)?;
            }
            return Ok(());
        }
        let mut fitting = 0_u32;
        for node in nodes.rows() {
            if self.fits(instance, node)? {
                fitting = fitting.saturating_add(1);
                if combinator == Combinator::Any {
                    return Ok(());
                }
            }
        }
        match combinator {
            Combinator::One => ensure(fitting == 1, instance, "oneOf"),
            _ => invalid(instance, "anyOf"),
        }
    }

    /// Whether the instance fits a schema; not being able to tell is passed on.
    fn fits(&mut self, instance: Instance<'d>, node: u32) -> Result<bool, Fault> {
        match self.node(instance, node) {
            Ok(()) => Ok(true),
            Err(Fault::Invalid(_)) => Ok(false),
            Err(exceeded) => Err(exceeded),
        }
    }

    #[inline(always)]
    fn step(&mut self, instance: Instance<'d>) -> Outcome {
        self.steps(instance, 1)
    }

    #[inline(always)]
    fn steps(&mut self, instance: Instance<'d>, count: u32) -> Outcome {
        match self.steps.checked_sub(count) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => exceeded(instance, "steps"),
        }
    }
}

/// Whether a text is as long as a node asks for.
fn has_length(text: &str, node: &SimpleNode) -> bool {
    let size = |length: u32| usize::try_from(length).unwrap_or(usize::MAX);
    is_as_long(text, size(node.min_length)) && (node.max_length == u32::MAX || !is_longer(text, size(node.max_length)))
}

/// Whether a text has so many characters. Of most texts the number of bytes tells it.
fn is_as_long(text: &str, characters: usize) -> bool {
    text.len() >= characters && (text.len() >= characters.saturating_mul(4) || text.chars().count() >= characters)
}

/// Whether a text has more characters.
fn is_longer(text: &str, characters: usize) -> bool {
    is_as_long(text, characters.saturating_add(1))
}

fn ensure(fits: bool, instance: Instance<'_>, keyword: &'static str) -> Outcome {
    if fits { Ok(()) } else { invalid(instance, keyword) }
}

fn invalid(instance: Instance<'_>, keyword: &'static str) -> Outcome {
    Err(Fault::Invalid(SchemaFault { node: node_of(instance), keyword }))
}

fn exceeded(instance: Instance<'_>, keyword: &'static str) -> Outcome {
    Err(Fault::Exceeded(SchemaFault { node: node_of(instance), keyword }))
}

fn node_of(instance: Instance<'_>) -> NodeId {
    match instance {
        Instance::Value(node) | Instance::Key(node, _) => node,
    }
}
