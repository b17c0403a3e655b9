// Lines of PyTorch, read by a grammar of our own and worked out on tensor.js: nothing is evaluated
// by the browser, and what is not in the tables here is not known.
//
//   lines   = { [target] expr newline }      target = "return" | name {"," name} "=" | name "+=" ...
//   expr    = product { ("+" | "-") product }
//   product = sign { ("*" | "/") sign }
//   sign    = ("-" | "+") sign | power
//   power   = postfix [ "**" sign ]
//   postfix = atom { "." name | "(" arguments ")" | "[" expr "]" }
//   atom    = number | name | "(" expr { "," expr } ")"
import {
  LineError,
  Unread,
  both,
  count,
  each,
  rand,
  randn,
  scalar,
  sumOver,
  tensor,
} from "./tensor.js";

/** @typedef {import("./tensor.js").Tensor} Tensor */
/** @typedef {{names: {[name: string]: any}, written: boolean}} Scope */
/** @typedef {{list: any[], named: {[name: string]: any}}} Arguments */

/** @param {string} text */
function tokens(text) {
  const found = [];
  let depth = 0;
  for (const line of text.split(/\n/)) {
    let rest = line.replace(/#.*/, "").trimEnd();
    while ((rest = rest.trimStart())) {
      const token = rest.match(
        /^(\d+\.?\d*(e[+-]?\d+)?|\.\d+|[A-Za-z_]\w*|\*\*|[-+*/]=|[-+*/()[\],.=;])/,
      );
      if (!token) throw new Unread(`this page cannot read "${rest.slice(0, 12)}"`);
      depth += "([".includes(token[0]) ? 1 : ")]".includes(token[0]) ? -1 : 0;
      found.push(token[0] === ";" ? "\n" : token[0]);
      rest = rest.slice(token[0].length);
    }
    if (depth <= 0) found.push("\n");
  }
  return found;
}

/** Read lines and return what works them out. @param {string} text */
export function compile(text) {
  if (text.length > 2000) throw new Unread("a few lines will do");
  const list = tokens(text);
  let at = 0;
  /** @param {string[]} wanted */
  const take = (...wanted) => (wanted.includes(list[at]) ? list[at++] : "");
  /** @param {string} wanted */
  const need = (wanted) => {
    if (!take(wanted)) {
      const [name, got] = [wanted, list[at] ?? "the end"].map((word) =>
        word.replace("\n", "end of line"),
      );
      throw new Unread(`expected ${name}, got ${got}`);
    }
  };
  const isName = (/** @type {string | undefined} */ token) => /^[A-Za-z_]/.test(token ?? "");

  /** @returns {(scope: Scope) => any} */
  function expr() {
    let left = product();
    for (let sign; (sign = take("+", "-")); ) left = binary(sign, left, product());
    return left;
  }
  /** @returns {(scope: Scope) => any} */
  function product() {
    let left = signed();
    for (let sign; (sign = take("*", "/")); ) left = binary(sign, left, signed());
    return left;
  }
  /** @returns {(scope: Scope) => any} */
  function signed() {
    if (take("-")) {
      const of = signed();
      return (scope) => FUNCTIONS.neg(value(of(scope)));
    }
    if (take("+")) return signed();
    const base = postfix();
    return take("**") ? binary("**", base, signed()) : base;
  }
  /** @param {string} sign @param {(scope: Scope) => any} left @param {(scope: Scope) => any} right */
  const binary = (sign, left, right) => (/** @type {Scope} */ scope) =>
    OPERATORS[sign](value(left(scope)), value(right(scope)));

  /** @returns {(scope: Scope) => any} */
  function postfix() {
    let of = atom();
    for (;;) {
      const inner = of;
      if (take(".")) {
        const name = list[at++];
        if (!isName(name)) throw new Unread(`expected a name after the point, got ${name}`);
        if (take("(")) {
          const given = args();
          of = (scope) => method(scope, inner(scope), name, given(scope));
        } else of = (scope) => attribute(inner(scope), name);
      } else if (take("(")) {
        const given = args();
        of = (scope) => {
          const called = inner(scope);
          if (typeof called !== "function")
            throw new Unread("what stands before the bracket is not a function");
          const { list: values, named } = given(scope);
          return called(...values, named);
        };
      } else if (take("[")) {
        const where = expr();
        need("]");
        of = (scope) => item(inner(scope), number(where(scope)));
      } else return of;
    }
  }
  /** @returns {(scope: Scope) => Arguments} */
  function args() {
    /** @type {[string, (scope: Scope) => any][]} */
    const found = [];
    while (!take(")")) {
      const name = isName(list[at]) && list[at + 1] === "=" ? list[at] : "";
      if (name && !NAMED.includes(name)) throw new Unread(`this page does not know ${name}=`);
      if (name) at += 2;
      found.push([name, expr()]);
      if (list[at] !== ")") need(",");
    }
    return (scope) => ({
      list: found.filter(([name]) => !name).map(([, of]) => of(scope)),
      named: Object.fromEntries(
        found.filter(([name]) => name).map(([name, of]) => [name, of(scope)]),
      ),
    });
  }
  /** @returns {(scope: Scope) => any} */
  function atom() {
    const token = list[at++];
    if (token === "(") {
      const parts = [expr()];
      let tuple = false;
      while (take(",")) {
        tuple = true;
        if (list[at] !== ")") parts.push(expr());
      }
      need(")");
      return tuple ? (scope) => parts.map((of) => number(of(scope))) : parts[0];
    }
    if (/^[\d.]\d*/.test(token ?? "") && token !== ".") return () => scalar(Number(token));
    if (!isName(token))
      throw new Unread(
        `expected a value, got ${(token ?? "the end").replace("\n", "the end of the line")}`,
      );
    return (scope) => {
      if (Object.hasOwn(scope.names, token)) return scope.names[token];
      if (token === "True" || token === "False") return token === "True";
      if (token === "len") return (/** @type {any} */ x) => item(value(x).shape, 0);
      if (token === "Normal") return FUNCTIONS.Normal;
      if (MODULES.includes(token)) return MODULE;
      throw new Unread(`this page does not know the name ${token}: a line above must make it`);
    };
  }

  /** @type {((scope: Scope) => any)[]} */
  const steps = [];
  while (at < list.length) {
    if (take("\n")) continue;
    const from = at;
    /** @type {string[]} */
    const targets = [];
    let sign = "";
    if (!take("return")) {
      while (isName(list[at])) {
        targets.push(list[at++]);
        if (!take(",")) break;
      }
      sign = targets.length ? take("=", "+=", "-=", "*=", "/=") : "";
      if (!sign) [at] = [from];
    }
    const values = [expr()];
    while (take(",")) values.push(expr());
    need("\n");
    steps.push((scope) => {
      const found = values.map((of) => of(scope));
      if (!sign && found.length > 1) throw new LineError("it returned tuple, not a torch.Tensor");
      if (!sign) return found[0];
      if (sign === "=") {
        if (found.length !== targets.length) throw new Unread("as many values as names");
        targets.forEach((name, i) => {
          scope.names[name] = found[i];
        });
        return found[0];
      }
      const old = scope.names[targets[0]];
      if (!old) throw new Unread(`this page does not know the name ${targets[0]}`);
      return write(scope, old, OPERATORS[sign[0]](value(old), value(found[0])));
    });
  }
  if (!steps.length) throw new Unread("write a line");

  /** @param {Tensor} mu @param {Tensor} logvar */
  return (mu, logvar) => {
    /** @type {Scope} */
    const scope = { names: { mu, logvar }, written: false };
    let last;
    for (const step of steps) last = step(scope);
    return { value: value(last), written: scope.written };
  };
}

/** @param {any} x @returns {Tensor} */
function value(x) {
  if (x?.v instanceof Float64Array) return x;
  throw new Unread("a tensor or a number belongs here");
}
/** @param {any} x */
function number(x) {
  const { v } = value(x);
  if (v.length !== 1) throw new Unread("one number belongs here");
  return v[0];
}
/** What an operation in place does; inputs must not be written into. @param {Scope} scope @param {Tensor} old @param {Tensor} made */
function write(scope, old, made) {
  if (old.shape.join() !== made.shape.join()) throw new LineError("in place, the shape must stay");
  if (old.needed) throw new Unread("in place on what a gradient may need");
  if (old.input) scope.written = true;
  return Object.assign(old, { v: made.v, t: made.t, graph: made.graph });
}

/** @type {{[sign: string]: (a: Tensor, b: Tensor) => Tensor}} */
const OPERATORS = {
  "+": (a, b) =>
    both(
      a,
      b,
      (x, y) => x + y,
      () => 1,
      () => 1,
    ),
  "-": (a, b) =>
    both(
      a,
      b,
      (x, y) => x - y,
      () => 1,
      () => -1,
    ),
  "*": (a, b) =>
    both(
      a,
      b,
      (x, y) => x * y,
      (_, y) => y,
      (x) => x,
    ),
  "/": (a, b) =>
    both(
      a,
      b,
      (x, y) => x / y,
      (_, y) => 1 / y,
      (x, y) => -x / (y * y),
    ),
  "**": (a, b) =>
    both(
      a,
      b,
      (x, y) => x ** y,
      (x, y) => (y === 0 ? 0 : y * x ** (y - 1)),
      (x, y) => x ** y * Math.log(x),
    ),
};
const sigmoidOf = (/** @type {number} */ x) => 1 / (1 + Math.exp(-x));
const softplusOf = (/** @type {number} */ x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
/** Functions of each element, with their slopes at x, where y is the value. @type {{[name: string]: [(x: number) => number, (x: number, y: number) => number]}} */
const EACH = {
  exp: [Math.exp, (_, y) => y],
  exp2: [(x) => 2 ** x, (_, y) => y * Math.LN2],
  expm1: [Math.expm1, (_, y) => y + 1],
  log: [Math.log, (x) => 1 / x],
  log1p: [Math.log1p, (x) => 1 / (1 + x)],
  log2: [Math.log2, (x) => 1 / (x * Math.LN2)],
  sqrt: [Math.sqrt, (_, y) => 0.5 / y],
  rsqrt: [(x) => x ** -0.5, (x, y) => (-0.5 * y) / x],
  square: [(x) => x * x, (x) => 2 * x],
  neg: [(x) => -x, () => -1],
  abs: [Math.abs, (x) => Math.sign(x)],
  reciprocal: [(x) => 1 / x, (_, y) => -y * y],
  sin: [Math.sin, (x) => Math.cos(x)],
  cos: [Math.cos, (x) => -Math.sin(x)],
  tanh: [Math.tanh, (_, y) => 1 - y * y],
  sigmoid: [sigmoidOf, (_, y) => y * (1 - y)],
  softplus: [softplusOf, (x) => sigmoidOf(x)],
  relu: [(x) => Math.max(x, 0), (x) => (x > 0 ? 1 : 0)],
};

/** As many arguments as a function takes, less those by name. @param {number} most @param {any[]} given */
function only(most, given) {
  const plain = given.filter((x) => typeof x !== "object" || x.v || Array.isArray(x) || x.std);
  if (plain.length !== most)
    throw new Unread(`${most} argument${most > 1 ? "s" : ""} expected, got ${plain.length}`);
  return plain;
}
/** Noise and constants are made where the inputs are. @param {any[]} given @param {(shape: number[]) => Tensor} make */
function made(given, make) {
  if (!given.at(-1).device)
    throw new Unread(
      "a new tensor needs device=mu.device, which randn_like and its kin bring along",
    );
  return make(shapeOf(given));
}
/** @param {any[]} given where a shape may be written (2, 3), 2, 3 or mu.shape */
function shapeOf(given) {
  if (given.at(-1).size) return given.at(-1).size;
  const sides = given.filter((x) => Array.isArray(x) || x?.v);
  return Array.isArray(sides[0]) ? sides[0] : sides.map(number);
}
/** A reduction's arguments: dim and keepdim. @param {any[]} given */
function dims(given) {
  const named = given.at(-1);
  const where = given.length > 1 ? given[0] : (named.dim ?? named.axis ?? null);
  return {
    dim: where === null ? null : number(where),
    keep: Boolean(named.keepdim ?? given[1] === true),
  };
}
/** @param {Tensor} mean @param {Tensor} std */
function drawn(mean, std) {
  if (std.v.some((x) => x < 0))
    throw new LineError(
      "a standard deviation is positive, a log-variance need not be: take exp(0.5 * logvar)",
    );
  return OPERATORS["+"](
    mean,
    OPERATORS["*"](
      std,
      randn(
        both(
          mean,
          std,
          () => 0,
          () => 0,
          () => 0,
        ).shape,
      ),
    ),
  );
}
/** The same numbers, of which no gradient is followed. @param {Tensor} x */
const cut = (x) => tensor(x.shape, x.v);

/** Functions by name; the last argument holds what was given by name. As methods, x stands before the point. @type {{[name: string]: (...given: any[]) => any}} */
const FUNCTIONS = {
  ...Object.fromEntries(
    Object.entries(EACH).map(([name, [f, slope]]) => [
      name,
      (/** @type {any[]} */ ...given) => each(value(only(1, given)[0]), f, slope),
    ]),
  ),
  ...Object.fromEntries(
    [
      ["add", "+"],
      ["sub", "-"],
      ["subtract", "-"],
      ["mul", "*"],
      ["multiply", "*"],
      ["div", "/"],
      ["divide", "/"],
      ["pow", "**"],
    ].map(([name, sign]) => [
      name,
      (/** @type {any[]} */ ...given) => {
        const [x, y] = only(2, given);
        return OPERATORS[sign](value(x), value(y));
      },
    ]),
  ),
  addcmul: (x, a, b) => OPERATORS["+"](value(x), OPERATORS["*"](value(a), value(b))),
  maximum: (x, y) =>
    both(
      value(x),
      value(y),
      Math.max,
      (a, b) => (a > b ? 1 : 0),
      (a, b) => (a > b ? 0 : 1),
    ),
  minimum: (x, y) =>
    both(
      value(x),
      value(y),
      Math.min,
      (a, b) => (a < b ? 1 : 0),
      (a, b) => (a < b ? 0 : 1),
    ),
  clamp: (x, ...given) => {
    const named = given.at(-1);
    const [low, high] = [
      named.min ?? (given.length > 1 ? given[0] : null),
      named.max ?? (given.length > 2 ? given[1] : null),
    ].map((bound) => (bound === null ? null : number(bound)));
    return each(
      value(x),
      (a) => Math.min(high ?? Infinity, Math.max(low ?? -Infinity, a)),
      (a) => (a >= (low ?? -Infinity) && a <= (high ?? Infinity) ? 1 : 0),
    );
  },
  sum: (x, ...given) => {
    const { dim, keep } = dims(given);
    return sumOver(value(x), dim, keep);
  },
  mean: (x, ...given) => {
    const { dim, keep } = dims(given);
    const sums = sumOver(value(x), dim, keep);
    return OPERATORS["/"](sums, scalar(x.v.length / sums.v.length));
  },
  randn: (...given) => made(given, randn),
  rand: (...given) => made(given, rand),
  zeros: (...given) => made(given, (shape) => tensor(shape, () => 0)),
  ones: (...given) => made(given, (shape) => tensor(shape, () => 1)),
  randn_like: (x) => randn(value(x).shape),
  rand_like: (x) => rand(value(x).shape),
  zeros_like: (x) => tensor(value(x).shape, () => 0),
  ones_like: (x) => tensor(value(x).shape, () => 1),
  // torch passes a gradient of zero back to the mean and the spread
  normal: (...given) => {
    const byName = given.at(-1);
    const [mean, std] = [byName.mean ?? given[0], byName.std ?? given[1]].map(value);
    const size = byName.size ?? given.find(Array.isArray);
    if (size) made(given, (shape) => tensor(shape, () => 0));
    const z = drawn(
      mean,
      size
        ? OPERATORS["*"](
            std,
            tensor(size, () => 1),
          )
        : std,
    );
    return tensor(z.shape, z.v, [null, null], z.graph);
  },
  Normal: (...given) => ({
    mean: value(given.at(-1).loc ?? given[0]),
    std: value(given.at(-1).scale ?? given[1]),
  }),
  rsample: ({ mean, std }) => drawn(value(mean), value(std)),
  sample: ({ mean, std }) => cut(drawn(value(mean), value(std))),
  tensor: (x) => cut(value(x)),
  detach: (x) => cut(value(x)),
  clone: (x) => OPERATORS["*"](value(x), scalar(1)),
  item: (x) => scalar(number(x)),
  size: (x, dim) => (dim?.v ? item(x.shape, number(dim)) : value(x).shape),
  numel: (x) => scalar(count(value(x).shape)),
};
const ALSO = { clip: "clamp", absolute: "abs", negative: "neg" };
const MODULES = ["torch", "nn", "F", "math", "np", "D", "distributions"];
const MODULE = "a module";
const NAMED = [
  "dim",
  "axis",
  "keepdim",
  "min",
  "max",
  "size",
  "mean",
  "std",
  "loc",
  "scale",
  "device",
  "dtype",
];

/** @param {string} name */
function named(name) {
  const known = Object.hasOwn(ALSO, name)
    ? /** @type {{[name: string]: string}} */ (ALSO)[name]
    : name;
  return Object.hasOwn(FUNCTIONS, known) ? FUNCTIONS[known] : null;
}

/** @param {any} of @param {string} name */
function attribute(of, name) {
  if (of === MODULE) {
    if (name === "pi" || name === "e") return scalar(name === "pi" ? Math.PI : Math.E);
    const known = named(name);
    if (known) return known;
    if (["nn", "functional", "distributions"].includes(name)) return MODULE;
    if (/^float|^double|^strided/.test(name)) return name;
  } else if (of?.v && ["shape", "data", "dtype", "device"].includes(name)) {
    return name === "shape"
      ? of.shape
      : name === "data"
        ? Object.assign(cut(of), { input: of.input })
        : name;
  }
  throw new Unread(`this page does not know .${name}`);
}
/** @param {Scope} scope @param {any} of @param {string} name @param {Arguments} given */
function method(scope, of, name, { list, named: byName }) {
  if (of === MODULE) {
    const called = attribute(of, name);
    if (typeof called !== "function") throw new Unread(`${name} is not a function`);
    return called(...list, byName);
  }
  const plain = /^(\w+[^_])_$/.exec(name)?.[1] ?? name;
  const known = NOT_METHODS.test(plain) ? null : named(plain);
  if (!known) throw new Unread(`this page does not know .${name}()`);
  const made = known(of, ...list, byName);
  return plain === name ? made : write(scope, value(of), made);
}
const NOT_METHODS = /_like$|^(randn?|zeros|ones|normal|Normal|tensor|softplus)$/;

/** @param {any} of @param {number} index */
function item(of, index) {
  if (Array.isArray(of)) return scalar(of[index < 0 ? of.length + index : index]);
  const { shape, v, t, graph } = value(of);
  const size = count(shape.slice(1));
  const row = index < 0 ? shape[0] + index : index;
  if (!(row in Array.from({ length: shape[0] ?? 0 })))
    throw new LineError(`there is no row ${index}`);
  const part = (/** @type {Float64Array} */ all) => all.slice(row * size, (row + 1) * size);
  return tensor(
    shape.slice(1),
    part(v),
    t.map((change) => change && part(change)),
    graph,
  );
}
