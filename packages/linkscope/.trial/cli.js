#!/usr/bin/env node

// packages/linkscope/src/cli/run-cli.ts
import { readFileSync as readFileSync2 } from "node:fs";
import { parseArgs } from "node:util";

// packages/core/src/platform.ts
var platform = globalThis;

// packages/core/src/clock.ts
var LONGEST_TIMEOUT_MS = 2 ** 31 - 1;
var systemClock = {
  now: () => platform.performance.now(),
  epoch: () => Date.now(),
  after(ms2, fn, options) {
    const timer = platform.setTimeout(fn, Math.min(Math.max(ms2, 0), LONGEST_TIMEOUT_MS));
    if (options?.keepAlive !== true) timer.unref?.();
    return () => platform.clearTimeout(timer);
  }
};
function every(clock, ms2, fn) {
  let cancelled = false;
  let cancel = clock.after(ms2, function tick() {
    fn();
    if (!cancelled) cancel = clock.after(ms2, tick);
  });
  return () => {
    cancelled = true;
    cancel();
  };
}

// packages/core/src/errors.ts
var LinkscopeError = class extends Error {
  code;
  constructor(code, message, options) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    if (options?.cause !== void 0) this.cause = options.cause;
  }
};
var ConnectionError = class extends LinkscopeError {
};
var TransportError = class extends LinkscopeError {
};
var HandshakeError = class extends LinkscopeError {
};
var PluginError = class extends LinkscopeError {
};
var CloseCode = {
  NORMAL: 1e3,
  ABNORMAL: 1006,
  MALFORMED: 4400,
  AUTHENTICATION: 4401,
  PROTOCOL_ORDER: 4402,
  NOT_REGISTERED: 4404,
  TIMEOUT: 4408,
  TOO_BIG: 4409,
  INVITE: 4410,
  QUOTA: 4413,
  RATE: 4429,
  DECRYPT: 4430,
  NONCES_USED_UP: 4431,
  SLOW_READER: 4440,
  INTERNAL: 4500
};
var closeCodeOf = {
  HANDSHAKE_TIMEOUT: CloseCode.TIMEOUT,
  HEARTBEAT_TIMEOUT: CloseCode.TIMEOUT,
  MESSAGE_TOO_BIG: CloseCode.TOO_BIG,
  REASSEMBLY_TOO_BIG: CloseCode.TOO_BIG,
  DECOMPRESSION_TOO_BIG: CloseCode.TOO_BIG,
  HANDSHAKE_INBOX_FULL: CloseCode.QUOTA,
  SLOW_READER: CloseCode.SLOW_READER,
  MALFORMED_FRAME: CloseCode.MALFORMED
};
function closeCodeFor(error) {
  const own = error?.closeCode;
  if (typeof own === "number") return own;
  return closeCodeOf[codeOf(error) ?? ""] ?? CloseCode.INTERNAL;
}
function codeOf(error) {
  const code = error?.code;
  return typeof code === "string" ? code : null;
}
function asError(thrown) {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

// packages/core/src/payload.ts
function byteLength(payload) {
  if (typeof payload !== "string") return payload.byteLength;
  return nodeByteLength === null ? utf8Length(payload) : nodeByteLength(payload);
}
var nodeByteLength = typeof platform.Buffer?.byteLength === "function" ? platform.Buffer.byteLength : null;
function utf8Length(text) {
  let bytes2 = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 128) continue;
    if (unit < 2048) {
      bytes2 += 1;
    } else if (unit >= 55296 && unit <= 56319 && isLowSurrogate(text.charCodeAt(i + 1))) {
      bytes2 += 2;
      i++;
    } else {
      bytes2 += 2;
    }
  }
  return bytes2;
}
function isLowSurrogate(unit) {
  return unit >= 56320 && unit <= 57343;
}

// packages/core/src/probe.ts
var HUB = /* @__PURE__ */ Symbol.for("@linkscope/core/probes@1");
function createHub() {
  let probes = [];
  let lastId = 0;
  function remove(probe) {
    probes = probes.filter((other) => other !== probe);
    hub2.active = probes.length > 0;
  }
  const hub2 = {
    active: false,
    tap: null,
    sockets: /* @__PURE__ */ new WeakMap(),
    faults: 0,
    emit(event) {
      const current = probes;
      for (let i = 0; i < current.length; i++) {
        const probe = current[i];
        try {
          probe(event);
        } catch (error) {
          hub2.faults++;
          remove(probe);
          platform.console?.error("linkscope: a probe threw and was removed", error);
        }
      }
    },
    subscribe(probe) {
      const entry = (event) => probe(event);
      probes = [...probes, entry];
      hub2.active = true;
      return () => remove(entry);
    },
    nextId: () => `c${++lastId}`
  };
  return hub2;
}
var hub = (() => {
  const realm4 = globalThis;
  const existing = realm4[HUB];
  if (existing) return existing;
  const created = createHub();
  Object.defineProperty(realm4, HUB, { value: created, enumerable: false, configurable: true, writable: false });
  return created;
})();

// packages/core/src/chain.ts
var SAMPLE_EVERY = 64;
var Chain = class {
  /** Replaced, never changed: a walk under way keeps the array it began with. */
  slots = [];
  #holders = [];
  #walks = 0;
  #ends;
  constructor(ends) {
    this.#ends = ends;
  }
  get names() {
    return this.slots.map((slot) => slot.plugin.name);
  }
  /** @throws PluginError PLUGIN_NOT_FOUND. */
  find(name) {
    const slot = this.slots.find((candidate) => candidate.plugin.name === name);
    if (!slot) throw new PluginError("PLUGIN_NOT_FOUND", `no plugin named ${name}; there are: ${this.names.join(", ")}`);
    return slot;
  }
  /**
   * The index a new plugin takes: nearest the application, or beside an anchor.
   * @throws PluginError PLUGIN_DUPLICATE, PLUGIN_UNKNOWN_ANCHOR.
   */
  placeFor(name, { before, after: after2 }) {
    const names2 = this.names;
    if (names2.includes(name)) throw new PluginError("PLUGIN_DUPLICATE", `a plugin named ${name} is there already: ${names2.join(", ")}`);
    if (before !== void 0 && after2 !== void 0) throw new TypeError("addPlugin takes before or after, not both");
    const anchor = before ?? after2;
    if (anchor === void 0) return names2.length;
    const index = names2.indexOf(anchor);
    if (index < 0) throw new PluginError("PLUGIN_UNKNOWN_ANCHOR", `no plugin named ${anchor} to put ${name} beside; there are: ${names2.join(", ")}`);
    if (before !== void 0 && index === 0)
      throw new PluginError("PLUGIN_UNKNOWN_ANCHOR", `${name} cannot go before ${anchor}: the transport is the wire's end`);
    return after2 === void 0 ? index : index + 1;
  }
  insert(plugin, index) {
    const counters = { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, nsPerMessage: null };
    const slot = { plugin, counters, handshake: null };
    this.#replace([...this.slots.slice(0, index), slot, ...this.slots.slice(index)]);
    return slot;
  }
  remove(slot) {
    this.#replace(this.slots.filter((other) => other !== slot));
  }
  /** Bytes of outgoing messages that plugins keep to themselves. */
  heldBytes() {
    let bytes2 = 0;
    for (let i = 0; i < this.#holders.length; i++) bytes2 += this.#holders[i].heldBytes();
    return bytes2;
  }
  #replace(slots) {
    this.slots = slots;
    this.#holders = slots.map((slot) => slot.plugin).filter((plugin) => plugin.heldBytes !== void 0);
  }
  /** Application to wire, from the top. @returns false: the transport wants a pause. */
  down(payload) {
    return this.#walkDown(payload, this.slots.length - 1);
  }
  /** The same from below a plugin's own place; a plugin that was removed sends nothing. */
  downFrom(slot, payload) {
    const index = this.slots.indexOf(slot);
    return index > 0 && this.#walkDown(payload, index - 1);
  }
  /** Wire to application, from the bottom. */
  up(payload) {
    this.#walkUp(payload, 0);
  }
  /** The same from above a plugin's own place. */
  upFrom(slot, payload) {
    const index = this.slots.indexOf(slot);
    if (index > 0) this.#walkUp(payload, index + 1);
  }
  /** The frames a handshake left unread, through the plugin it established; returns with an empty inbox. */
  replay(slot) {
    const handshake = slot.handshake;
    if (handshake === null) return;
    for (let frame = handshake.takeUnread(); frame !== void 0; frame = handshake.takeUnread()) {
      slot.counters.messagesIn++;
      slot.counters.bytesIn += byteLength(frame);
      let payload = frame;
      try {
        if (slot.plugin.incoming) payload = slot.plugin.incoming(frame);
      } catch (error) {
        return this.#ends.fault(slot.plugin, error);
      }
      if (payload !== null) this.upFrom(slot, payload);
    }
    slot.handshake = null;
  }
  #walkDown(first, from) {
    const slots = this.slots;
    const counting = hub.active;
    const timed = counting && this.#isSampled();
    let payload = first;
    let bytes2 = counting ? byteLength(first) : 0;
    for (let i = from; i >= 0; i--) {
      const { plugin, counters } = slots[i];
      if (counting) {
        counters.messagesOut++;
        counters.bytesOut += bytes2;
      }
      if (plugin.outgoing === void 0) continue;
      const before = payload;
      const startMs = timed ? systemClock.now() : 0;
      try {
        payload = plugin.outgoing(before);
      } catch (error) {
        return this.#refuse(plugin, error);
      }
      if (timed) addSample(counters, systemClock.now() - startMs);
      if (payload === null) return true;
      if (counting && payload !== before) bytes2 = byteLength(payload);
    }
    return this.#ends.toWire(payload);
  }
  #walkUp(first, from) {
    const slots = this.slots;
    const counting = hub.active;
    const timed = counting && this.#isSampled();
    let payload = first;
    let bytes2 = counting ? byteLength(first) : 0;
    for (let i = from; i < slots.length; i++) {
      const { plugin, counters, handshake } = slots[i];
      if (handshake !== null) return handshake.push(payload);
      if (counting) {
        counters.messagesIn++;
        counters.bytesIn += bytes2;
      }
      if (plugin.incoming === void 0) continue;
      const before = payload;
      const startMs = timed ? systemClock.now() : 0;
      try {
        payload = plugin.incoming(before);
      } catch (error) {
        return this.#ends.fault(plugin, error);
      }
      if (timed) addSample(counters, systemClock.now() - startMs);
      if (payload === null) return;
      if (counting && payload !== before) bytes2 = byteLength(payload);
    }
    this.#ends.toApplication(payload);
  }
  /** One message too big is the caller's to hear of and nobody's end; anything else is a fault. */
  #refuse(plugin, error) {
    if (codeOf(error) === "MESSAGE_TOO_BIG") throw error;
    this.#ends.fault(plugin, error);
    return false;
  }
  #isSampled() {
    return this.#walks++ % SAMPLE_EVERY === SAMPLE_EVERY - 1;
  }
};
function addSample(counters, ms2) {
  const ns = ms2 * 1e6;
  counters.nsPerMessage = counters.nsPerMessage === null ? ns : counters.nsPerMessage * 0.9 + ns * 0.1;
}

// packages/core/src/options.ts
function numberOption(name, value, fallback, min = 0, max = Number.MAX_SAFE_INTEGER) {
  if (value === void 0) return fallback;
  if (typeof value !== "number" || Number.isNaN(value) || value < min || value > max) {
    throw new RangeError(`${name} must be a number from ${min} to ${max}, got ${describe(value)}`);
  }
  return value;
}
function integerOption(name, value, fallback, min = 0, max = Number.MAX_SAFE_INTEGER) {
  const checked = numberOption(name, value, fallback, min, max);
  if (!Number.isInteger(checked) && checked !== Number.POSITIVE_INFINITY) {
    throw new RangeError(`${name} must be a whole number from ${min} to ${max}, got ${describe(value)}`);
  }
  return checked;
}
function describe(value) {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value);
}

// packages/core/src/connection-options.ts
var MIB = 1024 * 1024;
function checkConnectionOptions(options) {
  return {
    ...options,
    initiator: options.initiator ?? true,
    plugins: options.plugins ?? [],
    clock: options.clock ?? systemClock,
    openTimeoutMs: numberOption("openTimeoutMs", options.openTimeoutMs, 1e4),
    handshakeTimeoutMs: numberOption("handshakeTimeoutMs", options.handshakeTimeoutMs, 1e4),
    closeTimeoutMs: numberOption("closeTimeoutMs", options.closeTimeoutMs, 5e3),
    maxQueuedBytes: integerOption("maxQueuedBytes", options.maxQueuedBytes, MIB),
    maxBufferedBytes: integerOption("maxBufferedBytes", options.maxBufferedBytes, 16 * MIB),
    maxUnreadBytes: integerOption("maxUnreadBytes", options.maxUnreadBytes, 4 * MIB)
  };
}

// packages/core/src/emitter.ts
var Emitter = class {
  // Copied on write: a listener may add or remove listeners while an event is on its way.
  #listeners = [];
  #hooks;
  constructor(hooks = {}) {
    this.#hooks = hooks;
  }
  get count() {
    return this.#listeners.length;
  }
  on(listener) {
    if (typeof listener !== "function") throw new TypeError(`listener must be a function, got ${typeof listener}`);
    const entry = (value) => listener(value);
    this.#listeners = [...this.#listeners, entry];
    this.#hooks.onCount?.(this.#listeners.length);
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== entry);
    };
  }
  once(listener) {
    const off = this.on((value) => {
      off();
      listener(value);
    });
    return off;
  }
  emit(value) {
    const listeners = this.#listeners;
    for (let i = 0; i < listeners.length; i++) {
      try {
        listeners[i](value);
      } catch (error) {
        if (this.#hooks.onThrow) this.#hooks.onThrow(error);
        else throwLater(error);
      }
    }
  }
};
function throwLater(error) {
  platform.queueMicrotask(() => {
    throw error;
  });
}

// packages/core/src/establish.ts
async function openTransport(transport, sink, signal, clock, timeoutMs) {
  let cancelTimer = () => {
  };
  const ended = new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    cancelTimer = clock.after(timeoutMs, () => {
      reject(new TransportError("OPEN_TIMEOUT", `${transport.kind}: no connection to ${withoutSecrets(transport.remote)} within ${timeoutMs} ms`));
    });
  });
  try {
    await Promise.race([transport.open(sink, signal), ended]);
  } finally {
    cancelTimer();
  }
}
function checkNeeds({ features, kind }, slots) {
  for (const { plugin } of slots) {
    for (const need of ["ordered", "reliable"]) {
      if (plugin.needs?.[need] && !features[need]) {
        throw new PluginError("PLUGIN_NEEDS", `${plugin.name} needs a transport that is ${need}, and ${kind} is not`);
      }
    }
  }
}
async function runHandshake({ plugin, handshake }) {
  if (!handshake) return;
  try {
    await handshake.run(async (wire) => plugin.handshake?.(wire));
  } catch (error) {
    if (error instanceof LinkscopeError) throw error;
    throw new HandshakeError("HANDSHAKE_FAILED", `${plugin.name}: ${asError(error).message}`, { cause: error });
  }
}
function withoutSecrets(remote) {
  return remote.replace(/\/\/[^/@]*@/, "//").replace(/[?#].*$/s, "");
}

// packages/core/src/handshake.ts
var MAX_INBOX_BYTES = 256 * 1024;
var Handshake = class {
  signal;
  #controller = new platform.AbortController();
  #inbox = [];
  #inboxBytes = 0;
  #reader = null;
  #ended = null;
  #cancelTimer = () => {
  };
  #provided;
  #context;
  constructor(context) {
    this.#context = context;
    this.signal = this.#controller.signal;
  }
  get initiator() {
    return this.#context.initiator;
  }
  get secure() {
    return this.#provided ?? this.#context.inheritedSecure();
  }
  provideSecure(channel) {
    this.#provided = channel;
  }
  /** Runs a plugin's handshake under the deadline. The frames it leaves unread stay in the inbox. */
  async run(handshake) {
    const { clock, plugin, timeoutMs } = this.#context;
    const deadline = new Promise((_, reject) => {
      this.signal.addEventListener("abort", () => reject(this.#ended), { once: true });
    });
    this.#cancelTimer = clock.after(timeoutMs, () => {
      this.abort(new HandshakeError("HANDSHAKE_TIMEOUT", `${plugin}: handshake did not finish within ${timeoutMs} ms`));
    });
    try {
      if (this.#ended) throw this.#ended;
      await Promise.race([handshake(this), deadline]);
    } finally {
      this.#cancelTimer();
    }
  }
  send(payload) {
    if (this.#ended) throw this.#ended;
    this.#context.sendDown(payload);
  }
  read() {
    if (this.#ended) return Promise.reject(this.#ended);
    if (this.#reader) return Promise.reject(new TypeError("Wire.read() is already waiting"));
    const early = this.takeUnread();
    if (early !== void 0) return Promise.resolve(early);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }
  /** A frame reached this place in the chain. */
  push(payload) {
    if (this.#ended) return;
    if (this.#reader) {
      const { resolve } = this.#reader;
      this.#reader = null;
      resolve(payload);
      return;
    }
    this.#inbox.push(payload);
    this.#inboxBytes += byteLength(payload);
    if (this.#inboxBytes > MAX_INBOX_BYTES) {
      this.#context.fail(
        new HandshakeError("HANDSHAKE_INBOX_FULL", `${this.#context.plugin}: more than ${MAX_INBOX_BYTES} bytes arrived before the handshake was done`)
      );
    } else if (this.#inboxBytes > MAX_INBOX_BYTES / 2) {
      this.#context.crowd();
    }
  }
  takeUnread() {
    const frame = this.#inbox.shift();
    if (frame !== void 0) this.#inboxBytes -= byteLength(frame);
    return frame;
  }
  /** Ends a handshake that runs or waits for its turn. */
  abort(error) {
    if (this.#ended) return;
    this.#ended = error;
    this.#cancelTimer();
    this.#reader?.reject(error);
    this.#reader = null;
    this.#controller.abort(error);
  }
};

// packages/core/src/inbound.ts
var Inbound = class {
  onMessage;
  #emitter;
  #readers = /* @__PURE__ */ new Set();
  #unread = [];
  #unreadBytes = 0;
  #released = false;
  #flushing = false;
  #paused = false;
  #end = null;
  #hooks;
  constructor(hooks) {
    this.#hooks = hooks;
    this.#emitter = new Emitter(hooks);
    const subscribe = (add) => {
      const off = add();
      if (this.#unread.length > 0) platform.queueMicrotask(() => this.#flush());
      return off;
    };
    this.onMessage = {
      on: (listener) => subscribe(() => this.#emitter.on(listener)),
      once: (listener) => subscribe(() => this.#emitter.once(listener))
    };
  }
  deliver(payload) {
    if (this.#released && this.#unread.length === 0 && this.#readers.size === 0 && this.#emitter.count > 0) {
      this.#emitter.emit(payload);
      return;
    }
    this.#unread.push(payload);
    this.#hold(byteLength(payload));
    this.#flush();
  }
  /** The connection is ACTIVE: what came early may reach the application. */
  release() {
    this.#released = true;
    this.#flush();
  }
  messages() {
    const reader = new MessageIterator(
      (bytes2) => this.#letGo(bytes2),
      () => this.#readers.delete(reader)
    );
    this.#readers.add(reader);
    this.#flush();
    if (this.#end) reader.finish(this.#end.error);
    return reader;
  }
  /** Nothing more comes. What was received stays readable. */
  finish(error) {
    this.#released = true;
    this.#flush();
    this.#end = { error };
    for (const reader of this.#readers) reader.finish(error);
  }
  #flush() {
    if (!this.#released || this.#flushing) return;
    this.#flushing = true;
    while (this.#unread.length > 0 && (this.#emitter.count > 0 || this.#readers.size > 0)) {
      const payload = this.#unread.shift();
      const bytes2 = byteLength(payload);
      for (const reader of this.#readers) {
        this.#unreadBytes += bytes2;
        reader.push(payload, bytes2);
      }
      this.#letGo(bytes2);
      this.#emitter.emit(payload);
    }
    this.#flushing = false;
  }
  #hold(bytes2) {
    this.#unreadBytes += bytes2;
    const { maxUnreadBytes } = this.#hooks;
    if (this.#unreadBytes <= maxUnreadBytes) return;
    if (!this.#paused) this.#paused = this.#hooks.pause();
    if (!this.#paused || this.#unreadBytes > 4 * maxUnreadBytes) this.#hooks.overflow();
  }
  #letGo(bytes2) {
    this.#unreadBytes -= bytes2;
    if (this.#paused && this.#unreadBytes <= this.#hooks.maxUnreadBytes / 2) {
      this.#paused = false;
      this.#hooks.resume();
    }
  }
};
var MessageIterator = class {
  #queue = [];
  #waiting = [];
  #end = null;
  #released;
  #left;
  constructor(released, left) {
    this.#released = released;
    this.#left = left;
  }
  [Symbol.asyncIterator]() {
    return this;
  }
  push(payload, bytes2) {
    const waiter = this.#waiting.shift();
    if (!waiter) {
      this.#queue.push({ payload, bytes: bytes2 });
      return;
    }
    this.#released(bytes2);
    waiter.resolve({ done: false, value: payload });
  }
  next() {
    const entry = this.#queue.shift();
    if (entry) {
      this.#released(entry.bytes);
      return Promise.resolve({ done: false, value: entry.payload });
    }
    if (this.#end) return this.#end.error ? Promise.reject(this.#end.error) : Promise.resolve({ done: true, value: void 0 });
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
  return() {
    this.#left();
    for (const { bytes: bytes2 } of this.#queue.splice(0)) this.#released(bytes2);
    this.finish(null);
    return Promise.resolve({ done: true, value: void 0 });
  }
  finish(error) {
    this.#end ??= { error };
    for (const waiter of this.#waiting.splice(0)) {
      if (error) waiter.reject(error);
      else waiter.resolve({ done: true, value: void 0 });
    }
  }
};

// packages/core/src/outbound.ts
var Outbound = class {
  /** Sending should wait for `drained()`; what is sent all the same counts as backlog. */
  #blocked = false;
  #queue = [];
  #queuedBytes = 0;
  #backlogBytes = 0;
  #waiting = [];
  #maxQueuedBytes;
  #maxBufferedBytes;
  constructor(maxQueuedBytes, maxBufferedBytes) {
    this.#maxQueuedBytes = maxQueuedBytes;
    this.#maxBufferedBytes = maxBufferedBytes;
  }
  get isEmpty() {
    return this.#queue.length === 0;
  }
  get bufferedBytes() {
    return this.#queuedBytes + this.#backlogBytes;
  }
  /** Keeps a message for later. @throws ConnectionError SEND_QUEUE_FULL. */
  enqueue(payload) {
    const bytes2 = byteLength(payload);
    if (this.#queuedBytes + bytes2 > this.#maxQueuedBytes) throw queueFull(this.#queuedBytes + bytes2, this.#maxQueuedBytes, "before the connection is ACTIVE");
    this.#queue.push(payload);
    this.#queuedBytes += bytes2;
  }
  dequeue() {
    const payload = this.#queue.shift();
    if (payload !== void 0) this.#queuedBytes -= byteLength(payload);
    return payload;
  }
  /** Asked before each send. @throws ConnectionError SEND_QUEUE_FULL. */
  addBacklog(payload) {
    if (!this.#blocked) return;
    const bytes2 = this.#backlogBytes + byteLength(payload);
    if (bytes2 > this.#maxBufferedBytes)
      throw queueFull(bytes2, this.#maxBufferedBytes, "while the transport is busy: wait for drained() when send() returns false");
    this.#backlogBytes = bytes2;
  }
  get isBlocked() {
    return this.#blocked;
  }
  block() {
    this.#blocked = true;
  }
  unblock() {
    this.#blocked = false;
    this.#backlogBytes = 0;
    for (const waiter of this.#waiting.splice(0)) waiter.resolve();
  }
  drained() {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
  finish(error) {
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    this.#backlogBytes = 0;
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
  }
};
function queueFull(got, limit, when) {
  return new ConnectionError("SEND_QUEUE_FULL", `send queue full: ${got} bytes would be held, at most ${limit} are, ${when}`);
}

// packages/core/src/reporter.ts
var Reporter = class {
  #announced = false;
  #socket = null;
  /** Frames and bytes on the wire since they were last told. */
  #frames = 0;
  #bytesOut = 0;
  #bytesIn = 0;
  #about;
  constructor(about) {
    this.#about = about;
    if (hub.active) this.#announce("INITIALIZING");
  }
  countWire(bytesOut, bytesIn) {
    this.#bytesOut += bytesOut;
    this.#bytesIn += bytesIn;
    this.#frames++;
  }
  sent(bytes2, bufferedBytes) {
    const wireBytes = this.#bytesOut;
    this.#bytesOut = 0;
    if (!this.#announced) this.#announce("ACTIVE");
    hub.emit({ type: "sent", id: this.#about.id, at: this.#about.clock.now(), bytes: bytes2, wireBytes, bufferedBytes });
  }
  received(bytes2, bufferedBytes) {
    const wireBytes = this.#bytesIn;
    this.#bytesIn = 0;
    if (!this.#announced) this.#announce("ACTIVE");
    hub.emit({ type: "received", id: this.#about.id, at: this.#about.clock.now(), bytes: bytes2, wireBytes, bufferedBytes });
  }
  /** Wire bytes that no message accounted for: control frames, handshakes. */
  wire() {
    const bytesOut = this.#bytesOut;
    const bytesIn = this.#bytesIn;
    if (bytesOut === 0 && bytesIn === 0) return;
    this.#bytesOut = 0;
    this.#bytesIn = 0;
    this.#tell({ type: "wire", bytesOut, bytesIn });
  }
  state(from, to) {
    const frames = this.#frames;
    this.#frames = 0;
    this.wire();
    this.#tell({ type: "state", from, to, frames }, from);
  }
  closed(state2, info, failure) {
    const { code, reason, wasClean, initiatedBy } = info;
    this.#tell({ type: "closed", state: state2, code, reason, wasClean, initiatedBy, errorCode: codeOf(info.error ?? failure) }, state2);
  }
  error(error, kind) {
    this.#tell({ type: "error", kind, code: codeOf(error), message: error.message });
  }
  note(note) {
    this.#tell({ type: "note", note });
  }
  plugin(slot, action, position) {
    this.#tell({ type: "plugin", action, name: slot.plugin.name, position, counters: slot.counters });
  }
  /** 'This socket is mine': a record of the WebSocket patch merges into this connection's. */
  claim(socket) {
    const { id } = this.#about;
    const entry = hub.sockets.get(socket);
    this.#socket = socket;
    if (entry) entry.claimedBy = id;
    else hub.sockets.set(socket, { id, claimedBy: id });
    if (entry && entry.id !== id) this.#tell({ type: "claimed", socketId: entry.id });
  }
  #tell(body, state2 = "INITIALIZING") {
    if (!hub.active) return;
    if (!this.#announced) this.#announce(state2);
    hub.emit({ ...body, id: this.#about.id, at: this.#about.clock.now() });
  }
  /** A connection older than the instrumentation introduces itself at its first event. */
  #announce(state2) {
    this.#announced = true;
    const { id, clock, transport, chain, role, label, tags, link } = this.#about;
    const at = clock.now();
    hub.emit({ type: "created", id, at, epoch: clock.epoch(), role, transport: transport.kind, remote: transport.remote, label, tags, link });
    for (const [position, slot] of chain.slots.entries()) this.plugin(slot, "added", position);
    if (state2 !== "INITIALIZING") hub.emit({ type: "state", id, at, from: "INITIALIZING", to: state2, frames: 0 });
    if (this.#socket) this.claim(this.#socket);
  }
};

// packages/core/src/state.ts
var order = [
  "INITIALIZING",
  "CONNECTING",
  "CONNECTED",
  "AUTHENTICATING",
  "AUTHENTICATED",
  "ENCRYPTING",
  "ENCRYPTED",
  "PAIRING",
  "PAIRED",
  "ACTIVE",
  "CLOSING",
  "CLOSED",
  "FAILED"
];
function canTransition(from, to) {
  if (isEnded(from)) return false;
  if (isEnded(to)) return true;
  if (to === "CLOSING") return from !== "CLOSING";
  if (from === "CLOSING") return false;
  const target = followUp[from];
  if (target !== void 0) return to === target;
  return order.indexOf(to) > order.indexOf(from) && !isOutcome(to);
}
function isEnded(state2) {
  return state2 === "CLOSED" || state2 === "FAILED";
}
var followUp = {
  INITIALIZING: "CONNECTING",
  CONNECTING: "CONNECTED",
  AUTHENTICATING: "AUTHENTICATED",
  ENCRYPTING: "ENCRYPTED",
  PAIRING: "PAIRED"
};
function isOutcome(state2) {
  return Object.values(followUp).includes(state2);
}

// packages/core/src/streams.ts
function createReadable(channel) {
  const iterator = channel.messages();
  const ReadableStream = required("ReadableStream");
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => channel.close()
    },
    { highWaterMark: 0 }
  );
}
function createWritable(channel) {
  const WritableStream = required("WritableStream");
  return new WritableStream({
    async write(payload) {
      if (!channel.send(payload)) await channel.drained();
    },
    close: () => channel.close(),
    abort: () => channel.terminate("stream aborted")
  });
}
function required(name) {
  const found = platform[name];
  if (!found) throw new TypeError(`this platform has no ${name}: use onMessage, messages() and send() instead`);
  return found;
}

// packages/core/src/transport.ts
var MAX_CLOSE_REASON_BYTES = 123;
function truncateCloseReason(reason) {
  let bytes2 = 0;
  let cut2 = "";
  for (const character of reason) {
    const point = character.codePointAt(0);
    bytes2 += point < 128 ? 1 : point < 2048 ? 2 : point < 65536 ? 3 : 4;
    if (bytes2 > MAX_CLOSE_REASON_BYTES) return cut2;
    cut2 += character;
  }
  return cut2;
}

// packages/core/src/connection.ts
var HELD_HIGH_WATER_BYTES = 256 * 1024;
var Connection = class {
  id = hub.nextId();
  onMessage;
  onState;
  onClose;
  /** True for the side that dialled. */
  initiator;
  #options;
  #chain;
  #reporter;
  #inbound;
  #outbound;
  #states;
  #closes;
  #opening = new platform.AbortController();
  #current = "INITIALIZING";
  #opened = null;
  #closing = null;
  #closeReason = "";
  #flushingQueue = false;
  #transportBusy = false;
  /** Who asked the transport to stop reading; it reads on when nobody does any more. */
  #pausers = /* @__PURE__ */ new Set();
  #failure = null;
  #end = null;
  #secure;
  #transportEnded = false;
  #cancelReaper = () => {
  };
  #readableStream = null;
  #writableStream = null;
  #transport;
  constructor(transport, options = {}) {
    this.#transport = transport;
    this.#options = checkConnectionOptions(options);
    const { initiator, clock, label, tags, link, plugins } = this.#options;
    this.initiator = initiator;
    this.#chain = new Chain({
      toWire: (payload) => !isEnded(this.#current) && this.#transport.send(payload),
      toApplication: (payload) => this.#toApplication(payload),
      fault: (plugin, error) => this.#pluginFault(plugin, error)
    });
    this.#chain.insert({ name: transport.kind }, 0);
    this.#reporter = new Reporter({ id: this.id, clock, transport, chain: this.#chain, role: initiator ? "initiator" : "acceptor", label, tags, link });
    this.#inbound = new Inbound({
      maxUnreadBytes: this.#options.maxUnreadBytes,
      pause: () => this.#pauseTransport("unread"),
      resume: () => this.#resumeTransport("unread"),
      overflow: () => this.#fail(new ConnectionError("SLOW_READER", "received messages were not read in time: read faster, or raise maxUnreadBytes")),
      ...this.#listenerHooks("message")
    });
    this.#outbound = new Outbound(this.#options.maxQueuedBytes, this.#options.maxBufferedBytes);
    this.onMessage = this.#inbound.onMessage;
    this.onState = this.#states = new Emitter(this.#listenerHooks("state"));
    this.onClose = this.#closes = new Emitter(this.#listenerHooks("close"));
    for (const plugin of plugins) this.addPlugin(plugin);
  }
  get state() {
    return this.#current;
  }
  /** How it ended; null while it lives. */
  get closeInfo() {
    return this.#end;
  }
  /** Names in the chain, wire side first; the transport's kind is the first. */
  get plugins() {
    return this.#chain.names;
  }
  /** Bytes accepted by send() that the transport has not taken yet. */
  get bufferedBytes() {
    return this.#outbound.bufferedBytes + this.#chain.heldBytes();
  }
  /**
   * Adds a plugin nearest the application, or beside an anchor: `after` means nearer the application, `before` nearer the wire.
   * @throws PluginError PLUGIN_UNKNOWN_ANCHOR, PLUGIN_DUPLICATE, PLUGIN_TOO_LATE.
   */
  addPlugin(plugin, at = {}) {
    if (isEnded(this.#current) || this.#current !== "INITIALIZING" && plugin.observer !== true) {
      throw new PluginError("PLUGIN_TOO_LATE", `${plugin.name}: the connection is ${this.#current}; plugins are added before open(), only observers later`);
    }
    const slot = this.#chain.insert(plugin, this.#chain.placeFor(plugin.name, at));
    this.#reporter.plugin(slot, "added", this.#chain.slots.indexOf(slot));
    this.#guard(plugin, () => {
      plugin.attach?.(this.#hostFor(slot));
      if (this.#current === "ACTIVE") plugin.active?.();
    });
    return this;
  }
  /** @throws PluginError PLUGIN_NOT_FOUND, PLUGIN_TOO_LATE. */
  removePlugin(name) {
    const slot = this.#chain.find(name);
    const { plugin } = slot;
    if (this.#chain.slots[0] === slot) throw new PluginError("PLUGIN_NOT_FOUND", `${name} is the transport, not a plugin`);
    if (this.#current !== "INITIALIZING" && plugin.observer !== true) {
      throw new PluginError("PLUGIN_TOO_LATE", `${name} cannot leave a connection that is ${this.#current}: only observers may`);
    }
    this.#reporter.plugin(slot, "removed", this.#chain.slots.indexOf(slot));
    this.#chain.remove(slot);
    this.#guard(plugin, () => plugin.closed?.({ code: CloseCode.NORMAL, reason: "plugin removed", wasClean: true, initiatedBy: "local" }));
  }
  /** @throws PluginError PLUGIN_NOT_FOUND. */
  plugin(name) {
    return this.#chain.find(name).plugin;
  }
  /** Label and tags for stats, report and log; a later call adds to an earlier one. */
  setTags(tags, label) {
    this.#reporter.note({ kind: "tags", tags, label });
  }
  /**
   * Dials, runs the handshakes from the wire up, and resolves when ACTIVE. May be called once.
   * @throws LinkscopeError what went wrong, with its code; the connection is then FAILED.
   */
  open(signal) {
    if (this.#opened)
      return Promise.reject(new ConnectionError("CONNECTION_REUSED", `a connection opens once and this one is ${this.#current}: build a new one`));
    if (isEnded(this.#current)) return Promise.reject(this.#closedError());
    this.#opened = this.#establish(signal);
    return this.#opened;
  }
  /**
   * Sends one message; before ACTIVE it is queued.
   * @returns false: accepted, and `drained()` tells when to go on.
   * @throws ConnectionError CONNECTION_CLOSED, SEND_QUEUE_FULL; TransportError MESSAGE_TOO_BIG. That message is then not sent, and nothing else is lost.
   */
  send(payload) {
    if (typeof payload !== "string" && !(payload instanceof Uint8Array)) {
      throw new TypeError(`a message is a string or a Uint8Array, got ${payload === null ? "null" : typeof payload}`);
    }
    if (this.#current === "ACTIVE" && !this.#flushingQueue) return this.#sendNow(payload);
    if (isEnded(this.#current) || this.#current === "CLOSING" || this.#closing) throw this.#closedError();
    this.#outbound.enqueue(payload);
    return false;
  }
  /** Resolves when sending more is welcome. @throws ConnectionError CONNECTION_CLOSED when it ends before. */
  drained() {
    if (isEnded(this.#current)) return Promise.reject(this.#closedError());
    if (this.#current === "ACTIVE" && !this.#flushingQueue && !this.#outbound.isBlocked) return Promise.resolve();
    return this.#outbound.drained();
  }
  /** Received messages as they are read. Ends with the connection; throws where it FAILED. */
  messages() {
    return this.#inbound.messages();
  }
  /** Messages as a web stream; cancelling it closes the connection. */
  get readable() {
    this.#readableStream ??= createReadable(this);
    return this.#readableStream;
  }
  /** Sending as a web stream; closing it closes the connection. */
  get writable() {
    this.#writableStream ??= createWritable(this);
    return this.#writableStream;
  }
  /**
   * Ends in good order, in every state: what send() accepted is flushed, the peer is told, and it takes at most `closeTimeoutMs`.
   * A second call waits for the first. Never rejects.
   */
  close(reason = "Close called.") {
    if (isEnded(this.#current)) return Promise.resolve();
    if (!this.#closing) {
      this.#closeReason = truncateCloseReason(reason);
      this.#closing = this.#closeInOrder();
    }
    return this.#closing;
  }
  /** Ends at once: nothing is flushed, the peer is not waited for. CLOSED when it returns. */
  terminate(reason = "Terminate called.") {
    if (isEnded(this.#current)) return;
    this.#finish({ code: CloseCode.ABNORMAL, reason: truncateCloseReason(reason), wasClean: false, initiatedBy: "local" });
    this.#transport.terminate();
  }
  async #establish(signal) {
    const abort = () => this.#fail(new ConnectionError("CONNECTION_ABORTED", "open() was aborted by its signal", { cause: signal?.reason }));
    signal?.addEventListener("abort", abort, { once: true });
    try {
      if (signal?.aborted) abort();
      this.#assertLiving();
      this.#setState("CONNECTING");
      this.#assertLiving();
      for (const slot of this.#chain.slots) slot.handshake = this.#handshakeFor(slot);
      await openTransport(this.#transport, this.#sink(), this.#opening.signal, this.#options.clock, this.#options.openTimeoutMs);
      this.#assertLiving();
      checkNeeds(this.#transport, this.#chain.slots);
      this.#setState("CONNECTED");
      for (const slot of this.#chain.slots) await this.#establishPlugin(slot);
      this.#activate();
    } catch (error) {
      if (this.#current === "CLOSING") this.#finish(this.#localClose());
      else this.#fail(asError(error));
      throw this.#closedError();
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }
  async #establishPlugin(slot) {
    const { plugin, handshake } = slot;
    if (!handshake) return;
    if (plugin.phase) this.#setState(plugin.phase[0]);
    await runHandshake(slot);
    this.#assertLiving();
    this.#secure = handshake.secure;
    if (plugin.phase) this.#setState(plugin.phase[1]);
    this.#chain.replay(slot);
    this.#resumeTransport("handshake");
  }
  #activate() {
    this.#assertLiving();
    this.#flushingQueue = true;
    this.#setState("ACTIVE");
    for (const { plugin } of this.#chain.slots) this.#guard(plugin, () => plugin.active?.());
    try {
      for (let payload = this.#outbound.dequeue(); payload !== void 0; payload = this.#outbound.dequeue()) this.#sendNow(payload);
    } finally {
      this.#flushingQueue = false;
    }
    this.#assertLiving();
    this.#relax();
    this.#inbound.release();
  }
  #sendNow(payload) {
    this.#outbound.addBacklog(payload);
    if (hub.tap) hub.tap(this.id, "sent", payload);
    const bytes2 = hub.active ? byteLength(payload) : 0;
    const accepted = this.#chain.down(payload);
    if (this.#failure) throw this.#failure;
    if (hub.active) this.#reporter.sent(bytes2, this.#outbound.bufferedBytes);
    if (!accepted) this.#transportBusy = true;
    if (!accepted || this.#chain.heldBytes() > HELD_HIGH_WATER_BYTES) this.#outbound.block();
    return !this.#outbound.isBlocked;
  }
  #toApplication(payload) {
    if (isEnded(this.#current)) return;
    if (hub.active) {
      this.#reporter.received(byteLength(payload), this.#outbound.bufferedBytes);
      if (hub.tap) hub.tap(this.id, "received", payload);
    }
    this.#inbound.deliver(payload);
  }
  #sink() {
    return {
      message: (payload) => {
        if (isEnded(this.#current)) return;
        this.#chain.up(payload);
        this.#reporter.wire();
      },
      drained: () => {
        this.#transportBusy = false;
        for (const { plugin } of this.#chain.slots) this.#guard(plugin, () => plugin.drained?.());
        this.#relax();
      },
      wire: (bytesOut, bytesIn) => this.#reporter.countWire(bytesOut, bytesIn),
      claim: (socket) => this.#reporter.claim(socket),
      closed: (info) => this.#onTransportClosed(info)
    };
  }
  /** Tells those who wait for `drained()` when neither the transport nor a plugin is busy. */
  #relax() {
    if (this.#transportBusy || isEnded(this.#current) || this.#chain.heldBytes() > HELD_HIGH_WATER_BYTES / 2) return;
    this.#outbound.unblock();
  }
  /** What plugins still have inside for the application goes first, within the close bound. */
  #onTransportClosed(info) {
    this.#transportEnded = true;
    this.#cancelReaper();
    if (isEnded(this.#current)) return;
    const wasClosing = this.#current === "CLOSING";
    const rest = this.#current === "ACTIVE" || wasClosing ? this.#endPlugins() : void 0;
    if (!rest) return this.#finish(info);
    const finish = () => this.#finish(info, wasClosing ? "CLOSING" : "ACTIVE");
    this.#cancelReaper = this.#options.clock.after(this.#options.closeTimeoutMs, finish);
    if (!wasClosing) this.#setState("CLOSING");
    void rest.then(finish);
  }
  /** Wire to application, one after the other; undefined where nobody holds anything. */
  #endPlugins(from = 0) {
    const { slots } = this.#chain;
    for (let i = from; i < slots.length; i++) {
      const { plugin } = slots[i];
      let rest;
      this.#guard(plugin, () => {
        rest = plugin.ending?.();
      });
      if (rest) return rest.catch((error) => this.#pluginFault(plugin, error)).then(() => this.#endPlugins(i + 1));
    }
    return void 0;
  }
  async #closeInOrder() {
    let expire = () => {
    };
    const late = new Promise((resolve) => {
      expire = this.#options.clock.after(this.#options.closeTimeoutMs, () => resolve("late"), { keepAlive: true });
    });
    const ended = new Promise((resolve) => this.#closes.once(() => resolve()));
    try {
      if (this.#opened && !this.#outbound.isEmpty) await Promise.race([this.#opened.catch(() => {
      }), late]);
      if (isEnded(this.#current)) return;
      if (this.#current === "INITIALIZING") {
        this.#finish(this.#localClose());
        this.#transport.close(CloseCode.NORMAL, this.#closeReason);
        return;
      }
      const wasActive = this.#current === "ACTIVE";
      if (this.#current !== "CLOSING") this.#setState("CLOSING");
      if (wasActive) await Promise.race([this.#flushPlugins(), late]);
      if (isEnded(this.#current)) return;
      this.#abandonOpening(this.#closedError());
      this.#transport.close(CloseCode.NORMAL, this.#closeReason);
      if (await Promise.race([ended, late]) === "late") this.terminate(this.#closeReason);
    } finally {
      expire();
    }
  }
  #localClose() {
    return { code: CloseCode.NORMAL, reason: this.#closeReason, wasClean: true, initiatedBy: "local" };
  }
  async #flushPlugins() {
    for (const { plugin } of [...this.#chain.slots].reverse()) {
      try {
        await plugin.closing?.();
      } catch (error) {
        this.#reporter.error(asError(error), "plugin");
      }
    }
  }
  /** Ends as FAILED: the state at once, the peer is told in the background, within the close bound. */
  #fail(error) {
    if (isEnded(this.#current)) return;
    this.#failure = error;
    const code = closeCodeFor(error);
    const reason = truncateCloseReason(codeOf(error) ?? "internal error");
    this.#finish({ code, reason, wasClean: false, initiatedBy: "local", error });
    if (this.#transportEnded) return;
    this.#cancelReaper = this.#options.clock.after(this.#options.closeTimeoutMs, () => this.#transport.terminate());
    this.#transport.close(code, reason);
  }
  /** @param before the state in which the end came: the last messages may be delivered in CLOSING. */
  #finish(info, before = this.#current) {
    if (isEnded(this.#current)) return;
    this.#cancelReaper();
    const from = this.#current;
    const lost = !info.wasClean && before !== "CLOSING" && (info.initiatedBy !== "local" || info.error !== void 0);
    if (lost) this.#failure ??= info.error ?? new TransportError("CONNECTION_LOST", `${this.#transport.kind}: the connection was lost (${describe2(info)})`);
    else if (before !== "ACTIVE" && before !== "CLOSING" && info.initiatedBy === "remote") this.#failure = closedBy(info);
    this.#end = info;
    this.#current = this.#failure ? "FAILED" : "CLOSED";
    const error = this.#closedError();
    this.#abandonOpening(error);
    this.#outbound.finish(error);
    if (this.#failure) this.#reporter.error(this.#failure, kindOf(this.#failure));
    this.#reporter.state(from, this.#current);
    this.#reporter.closed(this.#current, info, this.#failure);
    for (const { plugin } of this.#chain.slots) this.#guard(plugin, () => plugin.closed?.(info));
    this.#inbound.finish(this.#failure);
    this.#states.emit(this.#current);
    this.#closes.emit(info);
  }
  #setState(to) {
    const from = this.#current;
    if (!canTransition(from, to)) {
      throw new PluginError("PLUGIN_ORDER", `the lifecycle cannot go from ${from} to ${to}: check the order of the plugins (${this.plugins.join(", ")})`);
    }
    this.#current = to;
    this.#reporter.state(from, to);
    this.#states.emit(to);
  }
  #hostFor(slot) {
    return {
      connectionId: this.id,
      clock: this.#options.clock,
      initiator: this.initiator,
      sendDown: (payload) => {
        if (isEnded(this.#current)) return false;
        const accepted = this.#chain.downFrom(slot, payload);
        this.#reporter.wire();
        if (!accepted) {
          this.#transportBusy = true;
          this.#outbound.block();
        }
        this.#relax();
        return accepted;
      },
      deliverUp: (payload) => {
        if (!isEnded(this.#current)) this.#chain.upFrom(slot, payload);
      },
      pause: () => void this.#pauseTransport(slot),
      resume: () => this.#resumeTransport(slot),
      note: (note) => this.#reporter.note(note),
      fail: (error) => this.#fail(error)
    };
  }
  #handshakeFor(slot) {
    if (!slot.plugin.handshake) return null;
    return new Handshake({
      plugin: slot.plugin.name,
      initiator: this.initiator,
      clock: this.#options.clock,
      timeoutMs: this.#options.handshakeTimeoutMs,
      inheritedSecure: () => this.#secure,
      sendDown: (payload) => {
        this.#chain.downFrom(slot, payload);
        this.#reporter.wire();
      },
      crowd: () => this.#pauseTransport("handshake"),
      fail: (error) => this.#fail(error)
    });
  }
  /** @returns false where the transport cannot be stopped. */
  #pauseTransport(by) {
    if (!this.#transport.pause) return false;
    if (this.#pausers.size === 0) this.#transport.pause();
    this.#pausers.add(by);
    return true;
  }
  #resumeTransport(by) {
    if (this.#pausers.delete(by) && this.#pausers.size === 0) this.#transport.resume?.();
  }
  #abandonOpening(error) {
    for (const { handshake } of this.#chain.slots) handshake?.abort(error);
    this.#opening.abort(error);
  }
  #assertLiving() {
    if (isEnded(this.#current) || this.#current === "CLOSING") throw this.#closedError();
  }
  #closedError() {
    if (this.#failure) return this.#failure;
    return this.#end ? closedBy(this.#end) : new ConnectionError("CONNECTION_CLOSED", `the connection is ${this.#current}`);
  }
  /** Runs a hook of a plugin; one that throws fails its own connection and nobody else's. */
  #guard(plugin, hook) {
    try {
      hook();
    } catch (error) {
      this.#pluginFault(plugin, error);
    }
  }
  #pluginFault(plugin, thrown) {
    if (thrown instanceof LinkscopeError) this.#fail(thrown);
    else this.#fail(new PluginError("PLUGIN_FAILED", `${plugin.name} threw: ${asError(thrown).message}`, { cause: thrown }));
  }
  #listenerHooks(on) {
    return {
      onThrow: (error) => {
        this.#reporter.error(asError(error), "application");
        throwLater(error);
      },
      // Said when listeners begin to pile up, and each time they double.
      onCount: (count) => {
        if (count >= 16 && (count & count - 1) === 0) this.#reporter.note({ kind: "listeners", on, count });
      }
    };
  }
};
function kindOf(error) {
  if (error instanceof PluginError) return "plugin";
  return error instanceof HandshakeError ? "protocol" : "connection";
}
function closedBy(info) {
  return new ConnectionError("CONNECTION_CLOSED", `the connection is closed (${describe2(info)})`, { cause: info.error });
}
function describe2({ code, reason, initiatedBy }) {
  return `${code}${reason ? ` ${JSON.stringify(reason)}` : ""}, ${initiatedBy}`;
}

// packages/linkscope/src/cli/check.ts
import { WebSocket as WebSocket2 } from "ws";

// packages/instrumentation/src/ring.ts
var Ring = class {
  items = [];
  dropped = 0;
  push(item, capacity) {
    this.items.push(item);
    while (this.items.length > capacity) {
      this.items.shift();
      this.dropped++;
    }
  }
};

// packages/instrumentation/src/samples.ts
var Samples = class {
  constructor(capacity) {
    this.capacity = capacity;
  }
  capacity;
  count = 0;
  sum = 0;
  #values = [];
  add(ms2) {
    this.#values[this.count++ % this.capacity] = ms2;
    this.sum += ms2;
  }
  /** Mean of the last durations; null without any. */
  mean() {
    const values = this.#values;
    return values.length ? round(values.reduce((sum2, ms2) => sum2 + ms2, 0) / values.length) : null;
  }
  /** Nearest rank. */
  percentiles() {
    const values = this.#values;
    const { length } = values;
    if (!length) return null;
    const sorted = [...values].sort((a, b) => a - b);
    const at = (share2) => round(sorted[Math.ceil(share2 * length) - 1]);
    const oldest = this.count % length;
    let jitter = 0;
    for (let i = 1; i < length; i++) jitter += Math.abs(values[(oldest + i) % length] - values[(oldest + i - 1) % length]);
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99), jitter: round(length > 1 ? jitter / (length - 1) : 0) };
  }
};
function round(ms2) {
  return Math.round(ms2 * 1e3) / 1e3;
}

// packages/instrumentation/src/time.ts
var LAST_DATE_MS = 864e13;
function iso(epochMs) {
  return new Date(Math.abs(epochMs) <= LAST_DATE_MS ? epochMs : 0).toISOString();
}

// packages/instrumentation/src/history.ts
var SAMPLE_INTERVAL_MS = 5e3;
var WINDOW_MS = 6e4;
var History = class {
  constructor(registry) {
    this.registry = registry;
    this.#last = this.#start = this.#read(registry.startedAt);
  }
  registry;
  readings = new Ring();
  #last;
  #start;
  sample(at) {
    const { registry } = this;
    const last = this.#last;
    const now = this.#read(at);
    const seconds = Math.max(at - last.at, 1) / 1e3;
    const measured = now.latencyCount - last.latencyCount;
    const shown = {
      at: iso(registry.startedEpoch + at - registry.startedAt),
      activeConnections: registry.live.size,
      totalConnections: now.connections,
      messagesPerSecond: round((now.messages - last.messages) / seconds),
      bytesPerSecond: round((now.bytes - last.bytes) / seconds),
      errors: now.errors - last.errors,
      latency: measured > 0 ? round((now.latencySum - last.latencySum) / measured) : null
    };
    this.#last = now;
    this.readings.push({ ...now, shown }, registry.settings.limits.samples);
  }
  /** Over the last 60 s, or since the start where that is less. */
  rates(at) {
    const before = this.readings.items.find((reading) => reading.at >= at - WINDOW_MS);
    const base = at - this.#start.at <= WINDOW_MS || !before ? this.#start : before;
    const now = this.#read(at);
    const seconds = Math.max(at - base.at, 1e3) / 1e3;
    return {
      messagesPerSecond: round((now.messages - base.messages) / seconds),
      bytesPerSecond: round((now.bytes - base.bytes) / seconds),
      connectionsPerMinute: round((now.connections - base.connections) / seconds * 60)
    };
  }
  samples() {
    return this.readings.items.map(({ shown }) => ({ ...shown }));
  }
  #read(at) {
    const { transports, totalConnections, totalErrors, latency: latency2 } = this.registry;
    const { messages, bytes: bytes2 } = transports.sum();
    return { at, connections: totalConnections, messages, bytes: bytes2, errors: totalErrors, latencySum: latency2.sum, latencyCount: latency2.count };
  }
};
function trendsOf(samples) {
  const last = samples.slice(-10);
  function trend(values, less, more) {
    const known = values.filter((value) => value !== null);
    if (known.length < 3) return "STABLE";
    const half = Math.floor(known.length / 2);
    const mean = (part) => part.reduce((sum2, value) => sum2 + value, 0) / part.length;
    const before = mean(known.slice(0, half));
    const after2 = mean(known.slice(half));
    if (Math.abs(after2 - before) <= Math.abs(before) * 0.1) return "STABLE";
    return after2 < before ? less : more;
  }
  return {
    latency: trend(
      last.map((sample) => sample.latency),
      "IMPROVING",
      "DEGRADING"
    ),
    connections: trend(
      last.map((sample) => sample.activeConnections),
      "DECLINING",
      "GROWING"
    ),
    errors: trend(
      last.map((sample) => sample.errors),
      "IMPROVING",
      "WORSENING"
    ),
    throughput: trend(
      last.map((sample) => sample.bytesPerSecond),
      "DECLINING",
      "GROWING"
    )
  };
}

// packages/instrumentation/src/live-log.ts
var names = { websocket: "WebSocket" };
var realm = globalThis;
function log(event, { log: wanted, label }) {
  if (!wanted) return;
  const { level = "debug", sink = (line3) => realm.console?.log(line3) } = wanted === true ? {} : wanted;
  const line2 = lineOf(event, level);
  if (line2 !== null) sink(label ? `[${label}] ${line2}` : line2);
}
function lineOf({ category, event, detail, url, transport }, level) {
  const name = names[transport] ?? transport;
  if (event === "error") return `\u26A0\uFE0F ${name} error: ${url} ${detail}`;
  if (event === "closed" && (level !== "error" || !/^100[05]\b/.test(detail))) return `\u274C ${name} closed: ${url} ${detail}`;
  if (level === "error") return null;
  if (category === "navigation") return `\u{1F504} Navigation to: ${detail}`;
  if (category === "lifecycle" && event === "created") return `\u{1F310} ${name} created: ${url}`;
  if (category === "lifecycle" && event === "connected") return `\u2705 ${name} connected: ${url}`;
  if (category !== "message" || level !== "debug") return null;
  return `${event === "sent" ? "\u{1F4E4}" : "\u{1F4E8}"} ${name} message ${event}${detail && `: ${detail}`}`;
}

// packages/instrumentation/src/navigation.ts
function watchNavigation(moved, page = globalThis) {
  if (!page.location || !page.history) return () => {
  };
  let last = pathOf(page.location);
  const check2 = () => {
    const path = pathOf(page.location);
    if (path === last) return;
    last = path;
    moved(path);
  };
  moved(last);
  const undo = [];
  const listen2 = (target, type) => {
    target.addEventListener?.(type, check2);
    undo.push(() => target.removeEventListener?.(type, check2));
  };
  listen2(page, "popstate");
  listen2(page, "hashchange");
  if (page.navigation) listen2(page.navigation, "currententrychange");
  else for (const name of ["pushState", "replaceState"]) undo.push(after(page.history, name, check2));
  return () => {
    for (const restore of undo) restore();
  };
}
function pathOf({ pathname, hash }) {
  return (/^#!?\//.test(hash) ? hash : pathname).replace(/[?&=].*/s, "");
}
function after(owner, name, then) {
  const own = Object.getOwnPropertyDescriptor(owner, name);
  const original = owner[name];
  let active = true;
  const patched = {
    [name](...args) {
      original.apply(this, args);
      if (active) then();
    }
  }[name];
  try {
    Object.defineProperty(patched, "length", { value: original.length });
    Object.defineProperty(owner, name, { value: patched, configurable: true, writable: true, enumerable: own?.enumerable ?? false });
  } catch {
  }
  return () => {
    active = false;
    if (owner[name] !== patched) return;
    if (own) Object.defineProperty(owner, name, own);
    else delete owner[name];
  };
}

// packages/instrumentation/src/text.ts
var UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;
var PLAIN = /^[ -~]*$/;
var URLS = /[a-z][\w+.-]{0,20}:\/\/\S*/gi;
var LONGEST = 4096;
function clean(text, maxLength = 200) {
  let shown = typeof text === "string" ? text : String(text);
  if (shown.length > LONGEST) shown = shown.slice(0, LONGEST).replace(/[a-z][\w+.-]{0,20}:\/\/\S*$/i, "");
  if (shown.includes("://")) shown = shown.replace(URLS, redactUrl);
  shown = cut(shown, maxLength);
  if (PLAIN.test(shown)) return shown;
  const escaped = shown.replace(UNSAFE, (character) => `\\u{${character.codePointAt(0).toString(16)}}`);
  return cut(escaped, maxLength);
}
function cut(text, maxLength) {
  return text.length > maxLength ? `${copy(text.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, ""))}\u2026` : text;
}
function redactUrl(url) {
  if (!/[@?#\\\s]/.test(url)) return url.replace(/^(\w+:\/\/[^/]+)\/$/, "$1");
  const bare = url.includes("@") ? withoutCredentials(url) : url;
  const [, address = "", query] = /^([^?#]*)(?:\?([^#]*))?/.exec(bare);
  return copy(query === void 0 ? address : `${address}?${query.split("&").map(keyOf).join("&")}`);
}
function withoutCredentials(url) {
  try {
    const { protocol, host, pathname, search } = new URL(url);
    if (host) return `${protocol}//${host}${pathname}${search}`;
  } catch {
  }
  return url.replace(/^(\s*[a-z][\w+.-]*:[\\/]*)?.*@/is, "$1");
}
function keyOf(part) {
  const end = part.indexOf("=");
  return end > 0 && end <= 40 ? `${part.slice(0, end)}=\u2026` : "\u2026";
}
function copy(text) {
  return [...text].join("");
}

// packages/instrumentation/src/navigation-steps.ts
var MAX_STEPS = 100;
var NavigationSteps = class _NavigationSteps {
  constructor(registry) {
    this.registry = registry;
  }
  registry;
  #past = new Ring();
  #current = null;
  /** @returns the path as it may be shown. */
  enter(path, epoch) {
    const step = this.#running();
    if (step) this.#past.push(step, MAX_STEPS);
    this.#current = { path: clean(path), epoch, before: countOf(this.registry) };
    return this.#current.path;
  }
  /** The running step goes on, counted in another registry. */
  restart(registry) {
    const next = new _NavigationSteps(registry);
    if (this.#current) next.enter(this.#current.path, this.#current.epoch);
    return next;
  }
  /** Oldest first; the running step is the last. */
  stats() {
    const running = this.#running();
    return [...this.#past.items.map((step) => ({ ...step })), ...running ? [running] : []];
  }
  #running() {
    if (!this.#current) return null;
    const { path, epoch, before } = this.#current;
    const now = countOf(this.registry);
    return {
      path,
      at: iso(epoch),
      connectionsOpened: now.connectionsOpened - before.connectionsOpened,
      messagesSent: now.messagesSent - before.messagesSent,
      messagesReceived: now.messagesReceived - before.messagesReceived,
      bytes: now.bytes - before.bytes
    };
  }
};
function countOf({ transports, totalConnections }) {
  const { messagesSent, messagesReceived, bytes: bytes2 } = transports.sum();
  return { connectionsOpened: totalConnections, messagesSent, messagesReceived, bytes: bytes2 };
}

// packages/instrumentation/src/options.ts
function settingsFrom(options, before) {
  const merged = { ...before, ...options };
  const { payloads = "size", clock = systemClock } = merged;
  if (!/^(none|size|shape|full)$/.test(payloads)) throw new RangeError(`payloads must be none, size, shape or full, got ${payloads}`);
  const limit = (name, fallback) => integerOption(`limits.${name}`, options.limits?.[name] ?? before?.limits[name], fallback, 1, 1e6);
  return {
    ...merged,
    payloads,
    clock,
    sampleRate: numberOption("sampleRate", merged.sampleRate, 1, 0, 1),
    leakAfterMs: numberOption("leakAfterMs", merged.leakAfterMs, 6e5),
    limits: {
      closed: limit("closed", 200),
      live: limit("live", 1e4),
      errors: limit("errors", 100),
      events: limit("events", 1e3),
      samples: limit("samples", 360)
    }
  };
}
function isObserved(settings, url) {
  const matches = (patterns) => (
    // search() ignores lastIndex, so a global expression keeps no state between URLs.
    patterns?.some((pattern) => typeof pattern === "string" ? url.includes(pattern) : url.search(pattern) >= 0)
  );
  return matches(settings.exclude) !== true && matches(settings.include) !== false;
}

// packages/instrumentation/src/patch/target.ts
var Target = class {
  /** False once the last of them has left: what another patcher still holds of ours then only passes on. */
  live = true;
  users = [];
  get clock() {
    return this.users[0]?.clock ?? systemClock;
  }
  /** Whether anyone wants sockets to this URL. A question that throws counts as no. */
  observes(url) {
    return this.users.some((user) => {
      try {
        return user.observes?.(url) ?? true;
      } catch {
        return false;
      }
    });
  }
};
var STATE = /* @__PURE__ */ Symbol.for("@linkscope/instrumentation/patch@1");
var state = (() => {
  const realm4 = globalThis;
  const existing = realm4[STATE];
  if (existing) return existing;
  const created = { targets: /* @__PURE__ */ new Map(), sockets: /* @__PURE__ */ new WeakMap() };
  Object.defineProperty(realm4, STATE, { value: created, configurable: true });
  return created;
})();
function install(key, options, work) {
  let entry = state.targets.get(key);
  if (!entry) {
    const target = new Target();
    entry = { target, undo: () => {
    } };
    state.targets.set(key, entry);
    target.users.push(options);
    entry.undo = work(target);
  } else {
    entry.target.users.push(options);
  }
  const installed = entry;
  let gone = false;
  return () => {
    if (gone) return;
    gone = true;
    const { target, undo } = installed;
    target.users.splice(target.users.indexOf(options), 1);
    if (target.users.length > 0) return;
    target.live = false;
    state.targets.delete(key);
    undo();
  };
}

// packages/instrumentation/src/patch/observed-socket.ts
var ObservedSocket = class {
  /** @param masks true for a client: its frames carry a mask of 4 bytes, those of its peer none (RFC 6455 section 5.3). */
  constructor(target, masks) {
    this.target = target;
    this.masks = masks;
  }
  target;
  masks;
  id = hub.nextId();
  claimedBy = null;
  #state = "INITIALIZING";
  #opened = false;
  #closingHere = false;
  #errorCode = null;
  #messages = 0;
  #pingedAt = null;
  #fragmentBytes = 0;
  get silent() {
    return !hub.active || this.claimedBy !== null || !this.target.live || isEnded(this.#state);
  }
  created(remote) {
    const { clock } = this.target;
    hub.emit({ type: "created", id: this.id, at: clock.now(), epoch: clock.epoch(), role: "observed", transport: "websocket", remote });
    this.#move("CONNECTING");
  }
  opened() {
    if (this.silent || this.#opened) return;
    this.#opened = true;
    if (this.#state === "CONNECTING") this.#move("ACTIVE");
  }
  sent(bytes2, bufferedBytes) {
    this.#message("sent", bytes2 + this.#fragmentBytes, this.masks, bufferedBytes);
    this.#fragmentBytes = 0;
  }
  /** Part of a message that `sent` will complete. */
  sentFragment(bytes2) {
    this.#fragmentBytes += bytes2;
  }
  received(bytes2, bufferedBytes) {
    this.#message("received", bytes2, !this.masks, bufferedBytes);
  }
  /** Lends a payload to the tap. Called only while `hub.tap` is set. */
  lend(direction, payload) {
    try {
      hub.tap?.(this.id, direction, payload);
    } catch {
      hub.faults++;
    }
  }
  pinged() {
    if (!this.silent) this.#pingedAt ??= this.target.clock.now();
  }
  ponged() {
    if (this.silent || this.#pingedAt === null) return;
    const at = this.target.clock.now();
    hub.emit({ type: "note", id: this.id, at, note: { kind: "latency", rttMs: at - this.#pingedAt } });
    this.#pingedAt = null;
  }
  failed(kind, code, message) {
    if (this.silent) return;
    this.#errorCode = code;
    hub.emit({ type: "error", id: this.id, at: this.target.clock.now(), kind, code, message });
  }
  /** This side began to close. */
  closing() {
    if (this.silent || this.#state === "CLOSING") return;
    this.#closingHere = true;
    this.#move("CLOSING");
  }
  closed(code, reason, wasClean) {
    if (this.silent) return;
    const end = wasClean && this.#opened ? "CLOSED" : "FAILED";
    const initiatedBy = this.#closingHere ? "local" : code === 1006 ? "network" : "remote";
    this.#move(end);
    hub.emit({ type: "closed", id: this.id, at: this.target.clock.now(), state: end, code, reason, wasClean, initiatedBy, errorCode: this.#errorCode });
  }
  #message(type, bytes2, masked, bufferedBytes) {
    this.#messages++;
    hub.emit({ type, id: this.id, at: this.target.clock.now(), bytes: bytes2, wireBytes: bytes2 + headerBytes(bytes2, masked), bufferedBytes });
  }
  #move(to) {
    const from = this.#state;
    const frames = this.#messages;
    this.#state = to;
    this.#messages = 0;
    hub.emit({ type: "state", id: this.id, at: this.target.clock.now(), from, to, frames });
  }
};
var OPEN = 1;
var CLOSING = 2;
function observed(socket) {
  const known = state.sockets.get(socket);
  return known && !known.target.live ? void 0 : known;
}
function adopt(target, socket, remote, masks) {
  const wanted = socket.readyState < CLOSING && !hub.sockets.get(socket)?.claimedBy && target.observes(remote);
  const record = wanted ? new ObservedSocket(target, masks) : null;
  state.sockets.set(socket, record);
  if (!record) return null;
  hub.sockets.set(socket, record);
  record.created(remote);
  if (socket.readyState === OPEN) record.opened();
  return record;
}
function headerBytes(bytes2, masked) {
  return (bytes2 < 126 ? 2 : bytes2 < 65536 ? 4 : 10) + (masked ? 4 : 0);
}

// packages/instrumentation/src/patch/payload-size.ts
function payloadBytes(data) {
  if (typeof data === "string") return byteLength(data);
  if (typeof data === "number") return String(data).length;
  if (typeof data !== "object" || data === null) return 0;
  if ("byteLength" in data) return data.byteLength;
  if ("size" in data) return data.size;
  if (Array.isArray(data)) return data.reduce((bytes2, part) => bytes2 + (part?.byteLength ?? 1), 0);
  return 0;
}
function asPayload(data) {
  if (typeof data === "string") return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return null;
}

// packages/instrumentation/src/patch/replace.ts
function replaceProperty(holder, key, next) {
  const before = Object.getOwnPropertyDescriptor(holder, key);
  if (!Reflect.defineProperty(holder, key, next)) return () => {
  };
  return () => {
    const now = Object.getOwnPropertyDescriptor(holder, key);
    if (!now || now.value !== next.value || now.get !== next.get || now.set !== next.set) return;
    if (before) Reflect.defineProperty(holder, key, before);
    else Reflect.deleteProperty(holder, key);
  };
}
function replaceMethod(holder, key, wrap) {
  const descriptor = Object.getOwnPropertyDescriptor(ownerOf(holder, key) ?? holder, key);
  if (typeof descriptor?.value !== "function") return () => {
  };
  return replaceProperty(holder, key, { ...descriptor, value: wrap(descriptor.value) });
}
function replaceSetter(holder, key, wrap) {
  const descriptor = Object.getOwnPropertyDescriptor(holder, key);
  if (!descriptor?.set) return () => {
  };
  return replaceProperty(holder, key, { ...descriptor, set: wrap(descriptor.set) });
}
function undoAll(undos) {
  return () => {
    for (const undo of [...undos].reverse()) undo();
  };
}
function ownerOf(holder, key) {
  let owner = holder;
  while (owner && !Object.hasOwn(owner, key)) owner = Object.getPrototypeOf(owner);
  return owner;
}

// packages/instrumentation/src/patch/worker-bridge.ts
var CHANNEL = "@linkscope/instrumentation/workers@1";
var BATCH_MS = 20;
var BATCH_EVENTS = 1e3;
var MAX_WAITING_EVENTS = 1e4;
var HIDDEN_PAGE_WAITS_MS = 100;
var realm2 = globalThis;
function bridgeWorkers(clock) {
  if (!realm2.BroadcastChannel || !(realm2.WorkerGlobalScope || realm2.document)) return () => {
  };
  try {
    const channel = new realm2.BroadcastChannel(CHANNEL);
    channel.unref?.();
    const id = Math.random().toString(36).slice(2, 8);
    const stop = realm2.WorkerGlobalScope ? sendEvents(channel, `w${id}`, clock) : takeEvents(channel, `p${id}`, clock);
    return () => {
      stop();
      channel.close();
    };
  } catch {
    return () => {
    };
  }
}
function sendEvents(channel, worker, clock) {
  let page = null;
  let waiting = [];
  let dropped = 0;
  let cancel = null;
  const post = (message) => channel.postMessage(message);
  function flush() {
    cancel?.();
    cancel = null;
    if (page === null || waiting.length === 0) return;
    const events = waiting;
    waiting = [];
    post({ type: "events", worker, page, origin: clock.epoch() - clock.now(), dropped, events });
    dropped = 0;
  }
  const unsubscribe = hub.subscribe((event) => {
    if (waiting.length >= MAX_WAITING_EVENTS) {
      dropped++;
      return;
    }
    waiting.push(event);
    if (waiting.length >= BATCH_EVENTS) flush();
    else cancel ??= clock.after(BATCH_MS, flush);
  });
  channel.onmessage = ({ data }) => {
    if (data.type === "call" && page === null) post({ type: "hello", worker });
    if (data.type !== "welcome" || data.worker !== worker || page !== null) return;
    page = data.page;
    flush();
  };
  const life = new AbortController();
  const held = () => new Promise((resolve) => life.signal.addEventListener("abort", () => resolve()));
  realm2.navigator?.locks?.request(CHANNEL + worker, {}, held).catch(() => {
  });
  post({ type: "hello", worker });
  return () => {
    unsubscribe();
    flush();
    life.abort();
  };
}
function takeEvents(channel, page, clock) {
  const post = (message) => channel.postMessage(message);
  const life = new AbortController();
  const open = /* @__PURE__ */ new Map();
  function tell(event, connections) {
    if (event.type === "created") connections.add(event.id);
    if (event.type === "closed") connections.delete(event.id);
    hub.emit(event);
  }
  function workerEnded(connections) {
    for (const id of connections) {
      const at = clock.now();
      hub.emit({ type: "closed", id, at, state: "FAILED", code: 1006, reason: "the worker ended", wasClean: false, initiatedBy: "local", errorCode: null });
    }
    connections.clear();
  }
  function connectionsOf(worker) {
    const known = open.get(worker);
    if (known) return known;
    const connections = /* @__PURE__ */ new Set();
    open.set(worker, connections);
    realm2.navigator?.locks?.request(CHANNEL + worker, { signal: life.signal }, () => {
      open.delete(worker);
      workerEnded(connections);
    }).catch(() => {
    });
    return connections;
  }
  channel.onmessage = ({ data }) => {
    if (data.type === "hello") {
      const welcome = () => post({ type: "welcome", worker: data.worker, page });
      if (realm2.document?.visibilityState === "hidden") clock.after(HIDDEN_PAGE_WAITS_MS, welcome);
      else welcome();
    }
    if (data.type !== "events" || data.page !== page) return;
    const { worker, origin, dropped, events } = data;
    const shift = origin - (clock.epoch() - clock.now());
    const connections = connectionsOf(worker);
    for (const event of events) tell(asOurs(event, worker, shift), connections);
    const last = events.at(-1);
    if (!last || dropped === 0) return;
    const note = { kind: "plugin", name: "worker", text: `${dropped} events were dropped before a page took them` };
    hub.emit({ type: "note", id: `${worker}:${last.id}`, at: clock.now(), note });
  };
  post({ type: "call" });
  return () => life.abort();
}
function asOurs(event, worker, shift) {
  const ours = { ...event, id: `${worker}:${event.id}`, at: event.at + shift };
  if (ours.type === "claimed") ours.socketId = `${worker}:${ours.socketId}`;
  return ours;
}

// packages/instrumentation/src/patch/web-socket.ts
function patchWebSocket(options = {}) {
  return install(globalThis, options, (target) => undoAll([patchHolder(target, globalThis), bridgeWorkers(target.clock)]));
}
function patchHolder(target, holder) {
  const Class = holder.WebSocket;
  if (typeof Class !== "function" || !Class.prototype || "emit" in Class.prototype) return () => {
  };
  const patch = new ClassPatch(target, Class);
  return undoAll([patch.trapConstruction(holder), patch.patchPrototype()]);
}
var ClassPatch = class {
  constructor(target, Class) {
    this.target = target;
    this.Class = Class;
    this.dispatches = /* @__PURE__ */ Symbol.for("nodejs.event_target") in Class;
    this.addListener = Class.prototype.addEventListener;
    this.prototype = ownerOf(Class.prototype, "send") ?? Class.prototype;
  }
  target;
  Class;
  // Node's EventTarget calls dispatchEvent by name, so its sockets need no listener: counts and warnings stay as they are.
  dispatches;
  addListener;
  /** Where send() lives: below the subclasses that other patchers put on the global, so it outlasts them. */
  prototype;
  /** A Proxy keeps the class's name, statics, subclasses and `instanceof`; `constructor` of its sockets follows it. */
  trapConstruction(holder) {
    const proxy = new Proxy(this.Class, {
      construct: (Class, args, newTarget) => {
        const socket = Reflect.construct(Class, args, newTarget === proxy ? Class : newTarget);
        this.recordOf(socket);
        return socket;
      }
    });
    const before = Object.getOwnPropertyDescriptor(holder, "WebSocket");
    const { prototype } = this.Class;
    return undoAll([
      replaceProperty(holder, "WebSocket", { configurable: before?.configurable, enumerable: before?.enumerable, writable: true, value: proxy }),
      holder.WebSocket === proxy ? replaceMethod(prototype, "constructor", () => proxy) : () => {
      }
    ]);
  }
  patchPrototype() {
    const { prototype } = this;
    const touch = this.wrap((original, socket, args) => {
      this.recordOf(socket);
      return Reflect.apply(original, socket, args);
    });
    return undoAll([
      ...["onopen", "onmessage", "onerror", "onclose"].map((name) => replaceSetter(prototype, name, touch)),
      replaceMethod(prototype, "addEventListener", touch),
      replaceMethod(
        prototype,
        "send",
        this.wrap((original, socket, args) => this.send(original, socket, args))
      ),
      replaceMethod(
        prototype,
        "close",
        this.wrap((original, socket, args) => this.close(original, socket, args))
      ),
      this.dispatches ? replaceMethod(
        prototype,
        "dispatchEvent",
        this.wrap((original, socket, args) => this.dispatch(original, socket, args))
      ) : () => {
      }
    ]);
  }
  /** A Proxy of the method, so that its name, length and `toString()` stay what they were. */
  wrap(around) {
    return (original) => new Proxy(original, {
      apply: (method, socket, args) => this.target.live && hub.active ? around(method, socket, args) : Reflect.apply(method, socket, args)
    });
  }
  send(original, socket, args) {
    const record = this.recordOf(socket);
    if (!record || record.silent || socket.readyState !== OPEN) return Reflect.apply(original, socket, args);
    const before = socket.bufferedAmount;
    const result = Reflect.apply(original, socket, args);
    const after2 = socket.bufferedAmount;
    record.sent(sentBytes(args[0], after2 - before), after2 || 0);
    if (hub.tap) lend(record, "sent", args[0]);
    return result;
  }
  close(original, socket, args) {
    const record = this.recordOf(socket);
    const living = record !== null && socket.readyState < CLOSING;
    const result = Reflect.apply(original, socket, args);
    if (living) record.closing();
    return result;
  }
  dispatch(original, socket, args) {
    const record = this.recordOf(socket);
    if (record) observeEvent(record, socket, args[0]);
    return Reflect.apply(original, socket, args);
  }
  recordOf(socket) {
    const record = observed(socket);
    return record === void 0 ? this.adopt(socket) : record;
  }
  adopt(socket) {
    if (!this.target.live || !hub.active) return null;
    try {
      if (!Object.prototype.isPrototypeOf.call(this.prototype, socket)) return null;
      const record = adopt(this.target, socket, String(socket.url), true);
      if (record && !this.dispatches && this.addListener) {
        const listener = new SocketListener(record);
        for (const type of ["open", "message", "error", "close"]) Reflect.apply(this.addListener, socket, [type, listener]);
      }
      return record;
    } catch {
      return null;
    }
  }
};
var SocketListener = class {
  constructor(record) {
    this.record = record;
  }
  record;
  handleEvent(event) {
    observeEvent(this.record, event.currentTarget, event);
  }
};
function observeEvent(record, socket, event) {
  if (record.silent) return;
  try {
    switch (event.type) {
      case "message": {
        const { data } = event;
        record.received(payloadBytes(data), socket.bufferedAmount || 0);
        if (hub.tap) lend(record, "received", data);
        break;
      }
      case "open":
        record.opened();
        break;
      case "error":
        fail(record, event);
        break;
      case "close": {
        const { code, reason, wasClean } = event;
        record.closed(code, reason, wasClean);
      }
    }
  } catch {
    hub.faults++;
  }
}
function fail(record, event) {
  const code = event.error?.code;
  record.failed("connection", typeof code === "string" ? code : null, event.message || "the WebSocket failed; the platform does not say why");
}
var MEASURED_UNITS = 256;
function sentBytes(data, grown) {
  if (typeof data === "string") return data.length <= MEASURED_UNITS || !(grown > 0) ? byteLength(data) : grown;
  return grown > 0 ? grown : payloadBytes(data);
}
function lend(record, direction, data) {
  const payload = asPayload(data);
  if (payload !== null) record.lend(direction, payload);
}

// packages/instrumentation/src/patch/ws.ts
function instrumentWs(ws2, options = {}) {
  const Class = classOf(ws2);
  return Class ? install(Class.prototype, options, (target) => patchPrototype(target, Class)) : () => {
  };
}
function classOf(ws2) {
  const module = ws2;
  for (const candidate of [module?.WebSocket, module?.default, module]) {
    const prototype = typeof candidate === "function" ? candidate.prototype : null;
    if (typeof prototype?.emit === "function" && typeof prototype.send === "function") return candidate;
  }
  return null;
}
function patchPrototype(target, Class) {
  function recordOf(socket) {
    if (!target.live || !hub.active) return null;
    const record = observed(socket);
    if (record !== void 0) return record;
    return socket instanceof Class ? adopt(target, socket, remoteOf(socket), !socket._isServer) : null;
  }
  const { prototype } = Class;
  return undoAll([
    watchConstruction(prototype, recordOf),
    replace(prototype, "emit", (original) => patchedEmit(original, recordOf)),
    replace(prototype, "send", (original) => patchedSend(original, recordOf)),
    replace(prototype, "ping", (original) => patchedPing(original, recordOf)),
    replace(prototype, "close", (original) => patchedClose(original, recordOf)),
    replace(prototype, "terminate", (original) => patchedClose(original, recordOf))
  ]);
}
function watchConstruction(prototype, recordOf) {
  return replaceProperty(prototype, "_req", {
    configurable: true,
    get: () => void 0,
    set(request) {
      Object.defineProperty(this, "_req", { value: request, writable: true, enumerable: true, configurable: true });
      recordOf(this);
    }
  });
}
function replace(prototype, name, wrap) {
  return replaceMethod(prototype, name, (original) => {
    const method = wrap(original);
    Object.defineProperty(method, "name", { value: original.name, configurable: true });
    Object.defineProperty(method, "length", { value: original.length, configurable: true });
    return method;
  });
}
function patchedEmit(original, recordOf) {
  return {
    emit(...args) {
      const record = recordOf(this);
      if (record !== null && !record.silent) observeEvent2(record, this, args[0], args[1], args[2]);
      return original.apply(this, args);
    }
  }.emit;
}
function patchedSend(original, recordOf) {
  return {
    send(...args) {
      const record = recordOf(this);
      const open = record !== null && this.readyState === OPEN;
      const result = original.apply(this, args);
      if (open && !record.silent) observeSend(record, this, args[0], args[1]);
      return result;
    }
  }.send;
}
function patchedPing(original, recordOf) {
  return {
    ping(...args) {
      recordOf(this)?.pinged();
      return original.apply(this, args);
    }
  }.ping;
}
function patchedClose(original, recordOf) {
  return {
    close(...args) {
      const record = recordOf(this);
      const ours = record !== null && this.readyState < CLOSING && !this._closeFrameReceived;
      const result = original.apply(this, args);
      if (ours && this.readyState >= CLOSING) record.closing();
      return result;
    }
  }.close;
}
function observeSend(record, socket, data, options) {
  if (options?.fin === false) return record.sentFragment(payloadBytes(data));
  record.sent(payloadBytes(data), socket.bufferedAmount);
  if (hub.tap) lend2(record, "sent", data, options?.binary ?? typeof data !== "string");
}
function observeEvent2(record, socket, type, first, second) {
  switch (type) {
    case "message":
      record.received(payloadBytes(first), socket.bufferedAmount);
      if (hub.tap) lend2(record, "received", first, second === true);
      break;
    case "open":
      record.opened();
      break;
    case "pong":
      record.ponged();
      break;
    case "error":
      fail2(record, first);
      break;
    case "close":
      record.closed(Number(first), String(second), socket._closeFrameReceived === true && socket._closeFrameSent === true);
  }
}
function fail2(record, error) {
  const code = typeof error?.code === "string" ? error.code : null;
  record.failed(code?.startsWith("WS_ERR_") ? "protocol" : "connection", code, String(error?.message));
}
function lend2(record, direction, data, binary) {
  const payload = binary ? asPayload(data) : String(data);
  if (payload !== null) record.lend(direction, payload);
}
function remoteOf(socket) {
  if (!socket._isServer) return String(socket.url);
  const { remoteAddress = "unknown", remotePort = 0 } = socket._socket ?? {};
  return `ws://${remoteAddress.includes(":") ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
}

// packages/instrumentation/src/observe-sockets.ts
function observeSockets(settings) {
  return patchWebSocket({ observes: (url) => isObserved(settings(), url), clock: settings().clock });
}

// packages/instrumentation/src/payload-shape.ts
var MAX_KEYS = 20;
var MAX_DEPTH = 4;
var MAX_PARSED_CHARS = 64 * 1024;
function showPayload(payload, mode) {
  const size = `${byteLength(payload)} bytes`;
  if (mode === "none") return "";
  if (mode === "size") return size;
  if (typeof payload !== "string") return `binary ${size}`;
  return mode === "full" ? clean(payload) : clean(shapeOfText(payload) ?? `text ${size}`);
}
function shapeOfText(text) {
  if (text.length > MAX_PARSED_CHARS || !/^\s*[[{]/.test(text)) return null;
  try {
    return shapeOf(JSON.parse(text), MAX_DEPTH);
  } catch {
    return null;
  }
}
function shapeOf(value, depth) {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  if (depth === 0) return "\u2026";
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `[${shapeOf(value[0], depth - 1)}, ${value.length}]`;
  const keys = Object.keys(value);
  const shown = keys.slice(0, MAX_KEYS).map((key) => `${key}: ${shapeOf(value[key], depth - 1)}`);
  return `{${shown.join(", ")}${keys.length > MAX_KEYS ? ", \u2026" : ""}}`;
}

// packages/instrumentation/src/errors.ts
var kindOfState = { AUTHENTICATING: "auth", ENCRYPTING: "encryption", PAIRING: "pairing" };
var severities = {
  connection: "medium",
  protocol: "high",
  auth: "high",
  encryption: "critical",
  pairing: "high",
  plugin: "high",
  application: "low"
};
var foreignWords = { auth: /\w*(pair|trust)\w*/gi, pairing: /\w*(auth|challenge)\w*/gi };
function errorOf(record, event, epoch) {
  const type = event.kind === "protocol" && kindOfState[record?.state ?? ""] || event.kind;
  const words = foreignWords[type];
  const message = clean(event.message);
  return {
    type,
    severity: severities[type] ?? "medium",
    error: words ? `${type}: ${message.replace(words, "\u2026")}` : message,
    code: event.code,
    timestamp: iso(record ? record.epochOf(event.at) : epoch),
    connectionId: event.id,
    context: record ? { url: record.url, transport: record.transport, state: record.state } : {}
  };
}

// packages/instrumentation/src/notes.ts
var MAX_TAGS = 16;
var LONGEST_NAME = 40;
function foldNote(registry, record, note, at) {
  switch (note.kind) {
    case "latency":
      return latency(registry, record, note.rttMs);
    case "stage":
      registry.stage(record, note.name, note.startedAt, note.durationMs, note.messages, note.outcome);
      return registry.tell(record, "stage", at, `${clean(note.name, LONGEST_NAME)} ${note.outcome}`);
    case "security":
      if (note.peer !== void 0) record.peer = clean(note.peer, 100);
      return registry.tell(record, `${note.stage} ${note.outcome}`, at, clean(note.peer ?? note.code ?? "", 100), "security");
    case "peer":
      record.peer = clean(note.fingerprint, 100);
      return registry.tell(record, "peer", at, record.peer, "security");
    case "network":
      registry.online = note.online;
      return registry.tell(record, note.online ? "online" : "offline", at, clean(note.connectionType ?? "", LONGEST_NAME), "network");
    case "suspended":
      record.suspendedAt = at;
      return registry.tell(record, "suspended", at, `${Math.round(note.driftMs || 0)} ms`, "network");
    case "path": {
      const { candidatesTried, upgradedFrom } = note;
      record.path = { kind: clean(note.path, LONGEST_NAME), candidatesTried, upgradedFrom: upgradedFrom && clean(upgradedFrom, LONGEST_NAME) };
      if (upgradedFrom !== null) record.totals.counts.upgrades++;
      return registry.tell(record, "path", at, record.path.kind, "network");
    }
    case "plugin": {
      const text = clean(note.text);
      const name = clean(note.name, LONGEST_NAME);
      const plugin = record.plugins?.find((one) => one.name === name);
      if (plugin) plugin.note = text;
      return registry.tell(record, name, at, text, "plugin");
    }
    case "tags":
      return foldTags(record, note.label, note.tags);
    case "listeners":
      record.listeners = { on: clean(note.on, LONGEST_NAME), count: note.count };
      return registry.tell(record, "listeners", at, `${note.count} on ${record.listeners.on}`);
  }
}
function foldTags(record, label, tags) {
  if (label !== void 0) record.label = clean(label, 60);
  if (!tags) return;
  const given = Object.entries(tags).map(([key, value]) => [clean(key, LONGEST_NAME), clean(value, 100)]);
  const all = new Map([...Object.entries(record.tags ?? {}), ...given]);
  record.tags = Object.fromEntries([...all].slice(0, MAX_TAGS));
}
function latency(registry, record, rttMs) {
  if (!(rttMs >= 0 && rttMs < Number.POSITIVE_INFINITY)) return;
  record.latency ??= new Samples(32);
  record.totals.latency ??= new Samples(256);
  for (const samples of [record.latency, record.totals.latency, registry.latency]) samples.add(rttMs);
}

// packages/instrumentation/src/plugin-totals.ts
var MAX_NAMES = 64;
var PluginTotals = class _PluginTotals {
  droppedNames = 0;
  #sums = /* @__PURE__ */ new Map();
  add({ name, counters }) {
    let key = name;
    if (!this.#sums.has(key) && this.#sums.size >= MAX_NAMES) {
      this.droppedNames++;
      key = "other";
    }
    const sum2 = this.#sums.get(key) ?? { connections: 0, messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, ns: 0, timed: 0 };
    this.#sums.set(key, sum2);
    const { messagesIn, messagesOut, bytesIn, bytesOut, nsPerMessage } = counters;
    sum2.connections++;
    sum2.messagesIn += messagesIn;
    sum2.messagesOut += messagesOut;
    sum2.bytesIn += bytesIn;
    sum2.bytesOut += bytesOut;
    if (nsPerMessage === null) return;
    sum2.ns += nsPerMessage * (messagesIn + messagesOut);
    sum2.timed += messagesIn + messagesOut;
  }
  /** A copy to add those that still run to. */
  copy() {
    const copy2 = new _PluginTotals();
    for (const [name, sum2] of this.#sums) copy2.#sums.set(name, { ...sum2 });
    return copy2;
  }
  stats() {
    return Object.fromEntries(
      [...this.#sums].map(([name, { ns, timed, ...sum2 }]) => [name, { ...sum2, nsPerMessage: timed > 0 ? Math.round(ns / timed) : null }])
    );
  }
};

// packages/instrumentation/src/record.ts
var ConnectionRecord = class {
  constructor(event, order2, url, totals) {
    this.order = order2;
    this.url = url;
    this.totals = totals;
    this.id = event.id;
    this.role = event.role;
    this.startAt = this.stateAt = event.at;
    this.startEpoch = event.epoch || 0;
    this.link = event.link ?? null;
  }
  order;
  url;
  totals;
  id;
  role;
  startAt;
  startEpoch;
  link;
  state = "INITIALIZING";
  stateAt;
  connectingAt = Number.NaN;
  connectedAt = Number.NaN;
  activeAt = Number.NaN;
  endedAt = Number.NaN;
  firstMessageAt = Number.NaN;
  lastMessageAt = Number.NaN;
  suspendedAt = Number.NaN;
  longestSilenceMs = 0;
  messagesSent = 0;
  messagesReceived = 0;
  bytesSent = 0;
  bytesReceived = 0;
  wireBytesSent = 0;
  wireBytesReceived = 0;
  bufferedBytes = 0;
  maxBufferedBytes = 0;
  errors = 0;
  label = null;
  tags = null;
  peer = null;
  path = null;
  close = null;
  latency = null;
  plugins = null;
  stages = null;
  /** The most listeners on one event that it warned of. */
  listeners = null;
  stack = null;
  get transport() {
    return this.totals.kind;
  }
  /** Epoch milliseconds of a time of the clock. */
  epochOf(at) {
    return this.startEpoch + (at - this.startAt);
  }
};

// packages/instrumentation/src/stages.ts
var BUDGETS = {
  validate: null,
  discover: null,
  connect: 2e3,
  auth: 1e3,
  encrypt: 500,
  pair: 3e3,
  sync: null,
  total: 7e3
};
var stageOf = {
  CONNECTING: "connect",
  AUTHENTICATING: "auth",
  ENCRYPTING: "encrypt",
  PAIRING: "pair"
};
function isOverBudget(name, durationMs) {
  const budget = BUDGETS[name];
  return budget != null && durationMs > budget;
}
var StageTimes = class {
  #times = /* @__PURE__ */ new Map();
  add(name, durationMs) {
    let stage = this.#times.get(name);
    if (!stage) {
      stage = { samples: new Samples(256), overruns: 0 };
      this.#times.set(name, stage);
    }
    stage.samples.add(durationMs);
    if (isOverBudget(name, durationMs)) stage.overruns++;
  }
  stats() {
    const names2 = Object.keys(BUDGETS);
    return Object.fromEntries(
      names2.map((name) => {
        const stage = this.#times.get(name);
        const { p50 = null, p95 = null, p99 = null } = stage?.samples.percentiles() ?? {};
        return [name, { count: stage?.samples.count ?? 0, p50, p95, p99, budgetMs: BUDGETS[name], overruns: stage?.overruns ?? 0 }];
      })
    );
  }
};

// packages/instrumentation/src/timeline.ts
var Timeline = class {
  constructor(settings) {
    this.settings = settings;
  }
  settings;
  /** True while someone watches: messages are told only then. */
  watched = false;
  droppedObservers = 0;
  #past = new Ring();
  #watchers = [];
  #telling = false;
  get size() {
    return this.#past.items.length;
  }
  get dropped() {
    return this.#past.dropped;
  }
  add(category, record, event, detail, time) {
    const told = eventOf(category, record, event, detail, time);
    this.#past.push(told, this.settings.limits.events);
    if (this.watched) this.#tell(told);
  }
  /** @param about the size in bytes, or what a payload mode shows of it. */
  message(record, direction, at, about) {
    const detail = typeof about === "string" ? about : this.settings.payloads === "none" ? "" : `${about} bytes`;
    this.#tell(eventOf("message", record, direction, detail, record.epochOf(at)));
  }
  clear() {
    this.#past = new Ring();
    this.droppedObservers = 0;
  }
  watch(watcher) {
    const entry = (event) => watcher(event);
    this.#watchers = [...this.#watchers, entry];
    this.watched = true;
    return () => this.#remove(entry);
  }
  /** Newest first. */
  stats() {
    return this.#past.items.map(({ time, category, connectionId, event, detail }) => ({ timestamp: iso(time), category, connectionId, event, detail })).reverse();
  }
  #tell(event) {
    if (this.#telling) return;
    this.#telling = true;
    for (const watcher of this.#watchers) {
      try {
        watcher(event);
      } catch {
        this.droppedObservers++;
        this.#remove(watcher);
      }
    }
    this.#telling = false;
  }
  #remove(entry) {
    this.#watchers = this.#watchers.filter((other) => other !== entry);
    this.watched = this.#watchers.length > 0;
  }
};
function eventOf(category, record, event, detail, time) {
  return Object.freeze({ time, category, connectionId: record?.id ?? null, event, detail, url: record?.url ?? "", transport: record?.transport ?? "" });
}

// packages/instrumentation/src/transports.ts
var TransportTotals = class {
  constructor(kind) {
    this.kind = kind;
  }
  kind;
  counts = {
    connections: 0,
    /** Dialled well. */
    opened: 0,
    /** Dialled in vain: FAILED before ACTIVE. */
    refused: 0,
    failures: 0,
    closed: 0,
    messagesSent: 0,
    messagesReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
    upgrades: 0
  };
  latency = null;
};
var TRAFFIC = ["messagesSent", "messagesReceived", "bytesSent", "bytesReceived"];
var MAX_KINDS = 64;
var Transports = class {
  droppedNames = 0;
  #kinds = /* @__PURE__ */ new Map();
  of(name) {
    const isNew = !this.#kinds.has(name);
    const kind = isNew && this.#kinds.size >= MAX_KINDS ? "other" : name;
    if (kind !== name) this.droppedNames++;
    const totals = this.#kinds.get(kind) ?? new TransportTotals(kind);
    this.#kinds.set(kind, totals);
    return totals;
  }
  all() {
    return [...this.#kinds.values()];
  }
  /** Over all kinds. */
  sum() {
    const sum2 = new TransportTotals("").counts;
    for (const { counts } of this.#kinds.values()) for (const name of Object.keys(sum2)) sum2[name] += counts[name];
    return { ...sum2, messages: sum2.messagesSent + sum2.messagesReceived, bytes: sum2.bytesSent + sum2.bytesReceived };
  }
};

// packages/instrumentation/src/verdict.ts
var WORDS = [
  ["duplicate", /duplicate/i],
  ["replaced", /replaced|superseded/i],
  ["route-stopped", /route was stopped/i],
  ["heartbeat-timeout", /heartbeat|ping timeout/i],
  ["slow-reader", /^4440$|slow.?(reader|consumer)/i],
  ["message-too-big", /^(1009|4409)$|too.(big|large)/i],
  ["quota", /^4413$|quota|queue_full|inbox_full/i],
  ["decrypt-failed", /^443[01]$|decrypt|^record_|^nonces/i],
  ["truncated", /truncated/i],
  ["not-registered", /^4404$|not.registered/i],
  ["invite-refused", /^4410$|invit/i],
  ["rate-limited", /^(1013|4429)$|\brate|too many/i],
  ["server-shutdown", /^(1001|1012)$|shut(ting)? ?down|restart|going away/i],
  ["timeout", /^4408$|time(d )?-?out/i],
  ["auth-refused", /^4401$|unauthori[sz]ed|forbidden|^auth_|authenticat|credential|token/i],
  ["protocol-error", /^(100[237]|440[02])$|malformed|protocol/i],
  ["offline", /offline/i],
  ["refused", /^(1008|1015)$|refused|denied/i]
];
var VAGUE = /* @__PURE__ */ new Set([1001, 1008]);
function closeVerdict({ code, reason, initiatedBy, wasClean, errorCode }, { wasActive, online, suspended }) {
  const byError = wordFor(errorCode ?? "");
  if (byError) return verdict(byError, 1, `error ${errorCode}`);
  const byReason = wordFor(reason);
  const byCode = wordFor(String(code));
  if (byCode && !(byReason && VAGUE.has(code))) return verdict(byCode, 0.9, `code ${code}`);
  if (byReason) return verdict(byReason, 0.8, `reason text, code ${code}`);
  if (!online) return verdict("offline", 0.8, "the device was offline");
  if (code === 1006 || !wasClean) {
    if (initiatedBy === "local" && errorCode === null) return verdict("normal", 0.7, `ended by this side, code ${code}`);
    if (suspended) return verdict("suspended", 0.7, "the process or tab had been suspended");
    if (!wasActive) return verdict("refused", 0.6, `code ${code} before it was open`);
    if (code === 1006) return verdict("connection-lost", 0.5, "code 1006 and no other evidence");
  }
  return code === 1e3 || code === 1005 ? verdict("normal", 0.9, `code ${code}`) : verdict("unknown", 0, `code ${code}`);
}
function wordFor(text) {
  return WORDS.find(([, pattern]) => pattern.test(text))?.[0];
}
function verdict(word, confidence, evidence) {
  return { word, confidence, evidence };
}

// packages/instrumentation/src/registry.ts
var MAX_STAGES = 12;
var SUSPENSION_EXPLAINS_MS = 6e4;
var Registry = class {
  constructor(settings, startedAt, startedEpoch, timeline = new Timeline(settings)) {
    this.settings = settings;
    this.startedAt = startedAt;
    this.startedEpoch = startedEpoch;
    this.timeline = timeline;
    this.history = new History(this);
  }
  settings;
  startedAt;
  startedEpoch;
  timeline;
  live = /* @__PURE__ */ new Map();
  ended = new Ring();
  transports = new Transports();
  plugins = new PluginTotals();
  stages = new StageTimes();
  errors = new Ring();
  history;
  totalConnections = 0;
  totalErrors = 0;
  #lastOrder = 0;
  untracked = 0;
  /** Round trips of all connections. */
  latency = new Samples(512);
  /** Set while payloads are lent: then messages are told from there. */
  tapped = false;
  /** False while a plugin said so. */
  online = true;
  /** A socket the patch saw, not told yet: a connection that claims it at once tells for both. */
  #unannounced = null;
  fold(event, stack) {
    if (event.type === "sent" || event.type === "received") {
      const record = this.live.get(event.id);
      if (record === void 0) return;
      const { counts } = record.totals;
      if (event.type === "sent") {
        record.messagesSent++;
        record.bytesSent += event.bytes;
        record.wireBytesSent += event.wireBytes;
        counts.messagesSent++;
        counts.bytesSent += event.bytes;
      } else {
        record.messagesReceived++;
        record.bytesReceived += event.bytes;
        record.wireBytesReceived += event.wireBytes;
        counts.messagesReceived++;
        counts.bytesReceived += event.bytes;
      }
      this.#message(record, event.at, event.bufferedBytes);
      if (this.timeline.watched && !this.tapped) this.timeline.message(record, event.type, event.at, event.bytes);
    } else if (event.type === "created") {
      this.#created(event, stack);
    } else {
      this.#rare(event);
    }
  }
  /** Tells of a socket nobody claimed. Called when the turn in which it was made has ended. */
  announce() {
    const record = this.#unannounced;
    this.#unannounced = null;
    if (record && this.live.get(record.id) === record) this.tell(record, "created", record.startAt);
  }
  /** A message as a payload mode shows it. @param show is called only where someone watches. */
  payload(id, direction, at, show2) {
    const record = this.live.get(id);
    if (record && this.tapped && this.timeline.watched) this.timeline.message(record, direction, at, show2());
  }
  /** Goes on with the open connections of another registry, and counts their traffic from zero. */
  takeOver(before) {
    this.online = before.online;
    this.#lastOrder = before.#lastOrder;
    this.tapped = before.tapped;
    for (const [id, record] of before.live) {
      const totals = this.transports.of(record.transport);
      record.totals = totals;
      totals.counts.connections++;
      if (!Number.isNaN(record.activeAt)) totals.counts.opened++;
      for (const count of TRAFFIC) record[count] = 0;
      record.wireBytesSent = record.wireBytesReceived = record.maxBufferedBytes = record.errors = 0;
      this.totalConnections++;
      this.live.set(id, record);
    }
  }
  /** Open ones and the last ended ones, oldest first. */
  records() {
    return [...this.ended.items, ...this.live.values()].sort((a, b) => a.order - b.order);
  }
  #message(record, at, bufferedBytes) {
    if (record.messagesSent + record.messagesReceived === 1) record.firstMessageAt = at;
    const silence = at - record.lastMessageAt;
    if (silence > record.longestSilenceMs) record.longestSilenceMs = silence;
    record.lastMessageAt = at;
    record.bufferedBytes = bufferedBytes;
    if (bufferedBytes > record.maxBufferedBytes) record.maxBufferedBytes = bufferedBytes;
  }
  #rare(event) {
    if (event.type === "claimed") this.#claimed(event.id, event.socketId);
    this.announce();
    const record = this.live.get(event.id);
    if (event.type === "error") {
      this.#failed(record ?? this.ended.items.find((one) => one.id === event.id), event);
      return;
    }
    if (record === void 0) return;
    switch (event.type) {
      case "wire":
        record.wireBytesSent += event.bytesOut;
        record.wireBytesReceived += event.bytesIn;
        break;
      case "state":
        this.#enter(record, event.to, event.at, event.frames);
        break;
      case "plugin": {
        record.plugins ??= [];
        const { plugins } = record;
        const name = clean(event.name, 40);
        const index = plugins.findIndex((plugin) => plugin.name === name);
        const [known] = index < 0 ? [] : plugins.splice(index, 1);
        if (known && event.action === "removed") this.plugins.add(known);
        if (event.action === "added") plugins.splice(event.position, 0, { name, counters: event.counters, note: null });
        this.tell(record, event.action, event.at, name, "plugin");
        break;
      }
      case "note":
        foldNote(this, record, event.note, event.at);
        break;
      case "closed":
        this.#closed(record, event);
    }
  }
  #closed(record, event) {
    const { at, id, code, wasClean, initiatedBy, errorCode } = event;
    if (!isEnded(record.state)) this.#enter(record, isEnded(event.state) ? event.state : "CLOSED", at, 0);
    const wasActive = !Number.isNaN(record.activeAt);
    const suspended = at - record.suspendedAt <= SUSPENSION_EXPLAINS_MS;
    const verdict2 = closeVerdict(event, { wasActive, suspended, online: this.online });
    const reason = clean(event.reason);
    const said = `${code}${reason && ` ${reason}`}`;
    record.close = { code, reason, wasClean, initiatedBy, verdict: verdict2 };
    if (record.state === "FAILED" && record.errors === 0)
      this.#failed(record, { at, id, kind: "connection", code: errorCode, message: `${verdict2.word}: closed with ${said}` });
    this.#end(record, at, wasActive);
    this.tell(record, "closed", at, said);
  }
  #created(event, stack) {
    this.announce();
    const { settings } = this;
    if (this.live.has(event.id) || !isObserved(settings, event.remote) || share(event.id) >= settings.sampleRate) return;
    this.totalConnections++;
    const totals = this.transports.of(clean(event.transport, 40));
    totals.counts.connections++;
    if (this.live.size >= settings.limits.live) {
      this.untracked++;
      return;
    }
    const record = new ConnectionRecord(event, this.#lastOrder++, this.#urlOf(event.remote), totals);
    if (stack) record.stack = cut(stack, 2e3);
    foldTags(record, event.label, event.tags);
    this.live.set(event.id, record);
    if (event.role === "observed") this.#unannounced = record;
    else this.tell(record, "created", event.at);
  }
  #urlOf(remote) {
    let url = remote;
    try {
      url = String(this.settings.redact?.(remote) ?? remote);
    } catch {
    }
    return clean(redactUrl(url));
  }
  /** One socket, one record: what the patch saw of it so far belongs to the connection that claims it. */
  #claimed(id, socketId) {
    const socket = this.live.get(socketId);
    if (socket === void 0 || id === socketId) return;
    this.live.delete(socketId);
    this.totalConnections--;
    const from = socket.totals.counts;
    from.connections--;
    if (!Number.isNaN(socket.activeAt)) from.opened--;
    const owner = this.live.get(id);
    for (const count of TRAFFIC) {
      from[count] -= socket[count];
      if (owner === void 0) continue;
      owner.totals.counts[count] += socket[count];
      owner[count] += socket[count];
    }
    if (owner === void 0) return;
    owner.wireBytesSent += socket.wireBytesSent;
    owner.wireBytesReceived += socket.wireBytesReceived;
    owner.errors += socket.errors;
    owner.stack ??= socket.stack;
  }
  #enter(record, to, at, frames) {
    const from = record.state;
    const stage = stageOf[from];
    const ended = isEnded(to);
    const outcome = to === "FAILED" ? "failed" : ended || to === "CLOSING" ? "aborted" : "ok";
    if (stage) this.stage(record, stage, record.stateAt, at - record.stateAt, frames, outcome);
    if (to === "CONNECTING") record.connectingAt = at;
    if (to === "CONNECTED") record.connectedAt = at;
    if (to === "ACTIVE") {
      record.activeAt = record.lastMessageAt = at;
      if (Number.isNaN(record.connectedAt)) record.connectedAt = at;
      record.totals.counts.opened++;
    }
    if (record.role !== "observed" && (to === "ACTIVE" || ended && Number.isNaN(record.activeAt)) && !Number.isNaN(record.connectingAt)) {
      const messages = record.stages?.reduce((sum2, one) => sum2 + one.messages, 0) ?? 0;
      this.stage(record, "total", record.connectingAt, at - record.connectingAt, messages, outcome);
    }
    record.state = to;
    record.stateAt = at;
    if (to === "ACTIVE") this.tell(record, "connected", at);
    else this.tell(record, "state", at, `${from} \u2192 ${to}`);
  }
  /** A stage of a connection has ended. */
  stage(record, name, startedAt, durationMs, messages, outcome) {
    if (!Object.hasOwn(BUDGETS, name)) return;
    const duration2 = durationMs > 0 && durationMs < Number.POSITIVE_INFINITY ? durationMs : 0;
    record.stages ??= [];
    const { stages } = record;
    if (stages.length < MAX_STAGES) stages.push({ name, offsetMs: startedAt - record.startAt, durationMs: duration2, messages, outcome });
    if (outcome === "ok") this.stages.add(name, duration2);
  }
  #failed(record, event) {
    const error = errorOf(record, event, this.startedEpoch + event.at - this.startedAt);
    this.totalErrors++;
    if (record) record.errors++;
    this.errors.push(error, this.settings.limits.errors);
    this.tell(record, "error", event.at, error.error);
  }
  #end(record, at, wasActive) {
    const { counts } = record.totals;
    record.endedAt = at;
    record.bufferedBytes = 0;
    if (record.state === "FAILED") {
      counts.failures++;
      if (!wasActive) counts.refused++;
    } else counts.closed++;
    for (const plugin of record.plugins ?? []) this.plugins.add(plugin);
    this.live.delete(record.id);
    this.ended.push(record, this.settings.limits.closed);
  }
  /** Adds to the timeline. */
  tell(record, event, at, detail = "", category = "lifecycle") {
    this.timeline.add(category, record, event, detail, record ? record.epochOf(at) : this.startedEpoch + at - this.startedAt);
  }
};
function share(id) {
  let hash = 2166136261;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 16777619);
  hash = Math.imul(hash ^ hash >>> 15, 739982445);
  return ((hash ^ hash >>> 13) >>> 0) / 2 ** 32;
}

// packages/instrumentation/src/table.ts
var WIDTH = 100;
function table(columns, rows) {
  const line2 = (cells) => columns.map(([, width, align], index) => fit(String(cells[index] ?? ""), width, align)).join("  ").trimEnd();
  return [line2(columns.map(([heading]) => heading)), ...rows.map(line2)];
}
function fit(text, width, align) {
  let shown = text;
  if (columnsOf(shown) > width) {
    shown = "";
    for (const character of text) {
      if (columnsOf(shown + character) >= width) break;
      shown += character;
    }
    shown += "\u2026";
  }
  const blanks = " ".repeat(Math.max(width - columnsOf(shown), 0));
  return align ? blanks + shown : shown + blanks;
}
function line(text) {
  return fit(cut(text, WIDTH), WIDTH).trimEnd();
}
function columnsOf(text) {
  let columns = 0;
  for (const character of text) columns += /[\u1100-\u115f\u2e80-\uffdc\u{1f000}-\u{3ffff}]/u.test(character) ? 2 : 1;
  return columns;
}

// packages/instrumentation/src/units.ts
function bytes(count) {
  const steps = ["B", "kB", "MB", "GB", "TB"];
  let value = count;
  let step = 0;
  for (; value >= 999.95 && step < steps.length - 1; step++) value /= 1e3;
  return `${step === 0 ? value : value.toFixed(1)} ${steps[step]}`;
}
function duration(ms2) {
  if (ms2 === null) return "-";
  if (ms2 < 1e3) return `${ms2 < 10 ? Number(ms2.toFixed(1)) : Math.round(ms2)} ms`;
  const seconds = ms2 / 1e3;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
function number(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

// packages/instrumentation/src/report-text.ts
var MAX_GROUPS = 10;
function textOf(stats, rows) {
  const { connections, navigation, leaks } = stats;
  const sections = [header(stats), figures(stats), connectionTable(connections, rows)];
  if (connections.length > rows) sections.push(groups("BY URL", connections, ({ url }) => [url]));
  const byTag = groups("BY TAG", connections, ({ label, tags }) => [
    ...label ? [`label: ${label}`] : [],
    ...Object.entries(tags).map(([key, value]) => `${key}: ${value}`)
  ]);
  sections.push(byTag, stageTable(stats), pluginTable(stats));
  if (navigation.length > 1) {
    const steps = navigation.slice(-MAX_GROUPS).map((step) => [step.path, step.connectionsOpened, step.messagesSent, step.messagesReceived, bytes(step.bytes)]);
    sections.push(
      table(
        [
          ["NAVIGATION", 48],
          ["opened", 8, "right"],
          ["sent", 10, "right"],
          ["received", 10, "right"],
          ["bytes", 10, "right"]
        ],
        steps
      )
    );
  }
  if (leaks.length > 0) sections.push([`LEAKS (${leaks.length})`, ...leaks.slice(0, 5).map(({ connectionId, detail }) => `  ${connectionId}  ${detail}`)]);
  sections.push(errorList(stats));
  return sections.filter((section) => section.length > 0).map((section) => section.map(line).join("\n")).join("\n\n");
}
function header({ label, generatedAt, global }) {
  return [`CONNECTION REPORT${label ? ` [${label}]` : ""}  ${generatedAt}  up ${duration(global.uptimeMs)}`, "\u2500".repeat(WIDTH)];
}
function figures({ global: all, trends, resources }) {
  const { instrumentation: own, memoryBytes, cpuPercent, eventLoopLagMs } = resources;
  return [
    `Connections  ${number(all.activeConnections)} active of ${number(all.totalConnections)}, ${number(all.closedConnections)} closed, ${number(all.failedConnections)} failed, ${percent(all.successRate)} of attempts succeeded`,
    `Messages     ${number(all.totalMessages)}: ${number(all.messagesSent)} sent, ${number(all.messagesReceived)} received, ${bytes(all.averageMessageSize)} on average`,
    `Bytes        ${bytes(all.totalBytes)}: ${bytes(all.bytesSent)} sent, ${bytes(all.bytesReceived)} received`,
    `Last 60 s    ${all.messagesPerSecond.toFixed(2)} messages/s, ${all.throughputMbps.toFixed(3)} Mbps, ${all.connectionsPerMinute.toFixed(2)} connections/min`,
    `Latency      ${latencyText(all.latency)}`,
    `Trends       latency ${trends.latency}, connections ${trends.connections}, errors ${trends.errors}, throughput ${trends.throughput}`,
    `Resources    memory ${memoryBytes === null ? "-" : bytes(memoryBytes)}, cpu ${cpuPercent ?? "-"} %, event loop lag ${duration(eventLoopLagMs)}`,
    `This report  ${own.nsPerMessage} ns a message, ${bytes(own.retainedBytes)} kept${own.degraded ? ", DEGRADED: some detail was dropped" : ""}`
  ];
}
function connectionTable(connections, rows) {
  if (connections.length === 0) return ["CONNECTIONS  none yet"];
  const shown = notable(connections, rows);
  const lines = table(
    [
      ["ID", 6],
      ["STATE", 20],
      ["PURPOSE", 9],
      ["URL", 33],
      ["SENT", 6, "right"],
      ["RECV", 6, "right"],
      ["BYTES", 8, "right"]
    ],
    shown.map((one) => [
      one.id,
      one.close ? `${one.close.code} ${one.close.verdict.word}` : one.state,
      one.purpose,
      one.label ? `${one.label} ${one.url}` : one.url,
      number(one.messagesSent),
      number(one.messagesReceived),
      bytes(one.bytesSent + one.bytesReceived)
    ])
  );
  const hidden = connections.length - shown.length;
  return hidden > 0 ? [...lines, `\u2026 and ${number(hidden)} more: ${countBy(connections, (one) => one.state)} in all`] : lines;
}
function notable(connections, rows) {
  if (connections.length <= rows) return connections;
  const weight = (one) => one.errors * 2 ** 40 + one.bytesSent + one.bytesReceived;
  const weighed = connections.map((one) => [weight(one), one]).sort((a, b) => b[0] - a[0]);
  return weighed.slice(0, rows).map(([, one]) => one);
}
function groups(title, connections, keysOf) {
  const sums = /* @__PURE__ */ new Map();
  for (const one of connections) {
    for (const key of keysOf(one)) {
      const sum2 = sums.get(key) ?? { active: 0, count: 0, messages: 0, bytes: 0, errors: 0 };
      sums.set(key, sum2);
      sum2.count++;
      if (one.close === null) sum2.active++;
      sum2.messages += one.messageCount;
      sum2.bytes += one.bytesSent + one.bytesReceived;
      sum2.errors += one.errors;
    }
  }
  if (sums.size === 0) return [];
  const largest = [...sums].sort((a, b) => b[1].count - a[1].count).slice(0, MAX_GROUPS);
  const lines = table(
    [
      [title, 40],
      ["connections", 11, "right"],
      ["active", 8, "right"],
      ["messages", 10, "right"],
      ["bytes", 9, "right"],
      ["errors", 7, "right"]
    ],
    largest.map(([key, sum2]) => [key, number(sum2.count), number(sum2.active), number(sum2.messages), bytes(sum2.bytes), number(sum2.errors)])
  );
  return sums.size > MAX_GROUPS ? [...lines, `\u2026 and ${number(sums.size - MAX_GROUPS)} more`] : lines;
}
function stageTable({ stages }) {
  const seen = Object.entries(stages).filter(([, stage]) => stage.count > 0);
  if (seen.length === 0) return [];
  return table(
    [
      ["STAGE", 10],
      ["count", 10, "right"],
      ["p50", 12, "right"],
      ["p95", 12, "right"],
      ["p99", 12, "right"],
      ["budget", 12, "right"],
      ["over budget", 11, "right"]
    ],
    seen.map(([name, { count, p50, p95, p99, budgetMs, overruns }]) => [
      name,
      number(count),
      duration(p50),
      duration(p95),
      duration(p99),
      duration(budgetMs),
      overruns > 0 ? `${number(overruns)} !` : "0"
    ])
  );
}
function pluginTable({ plugins }) {
  const all = Object.entries(plugins).slice(0, 20);
  if (all.length === 0) return [];
  return table(
    [
      ["PLUGIN", 24],
      ["connections", 11, "right"],
      ["in", 10, "right"],
      ["out", 10, "right"],
      ["bytes in", 10, "right"],
      ["bytes out", 10, "right"],
      ["ns/msg", 9, "right"]
    ],
    all.map(([name, one]) => [
      name,
      number(one.connections),
      number(one.messagesIn),
      number(one.messagesOut),
      bytes(one.bytesIn),
      bytes(one.bytesOut),
      one.nsPerMessage ?? "-"
    ])
  );
}
function errorList({ recentErrors, global }) {
  if (recentErrors.length === 0) return ["ERRORS  none"];
  const shown = recentErrors.slice(0, 5).map((one) => `  ${one.timestamp.slice(11, 19)}  ${one.severity.padEnd(8)}  ${one.connectionId ?? "-"}  ${one.error}`);
  return [`ERRORS (${number(global.totalErrors)}, newest first)`, ...shown];
}
function latencyText(latency2) {
  if (!latency2) return "not measured";
  return `p50 ${duration(latency2.p50)}, p95 ${duration(latency2.p95)}, p99 ${duration(latency2.p99)}, jitter ${duration(latency2.jitter)}`;
}
function percent(share2) {
  return `${Number((share2 * 100).toFixed(1))} %`;
}
function countBy(items, keyOf2) {
  const counts = /* @__PURE__ */ new Map();
  for (const item of items) counts.set(keyOf2(item), (counts.get(keyOf2(item)) ?? 0) + 1);
  return [...counts].map(([key, count]) => `${number(count)} ${key}`).join(", ");
}

// packages/instrumentation/src/report.ts
function reportOf(stats, options = {}) {
  const text = textOf(stats, integerOption("rows", options.rows, 20, 1));
  const report = { text, recentErrors: stats.recentErrors, stats };
  const methods = {
    toString: () => text,
    toJSON: () => stats,
    print: () => console.log(text),
    [Symbol.toPrimitive]: () => text,
    [/* @__PURE__ */ Symbol.for("nodejs.util.inspect.custom")]: () => text
  };
  for (const key of Reflect.ownKeys(methods)) Object.defineProperty(report, key, { value: methods[key] });
  return report;
}

// packages/instrumentation/src/resources.ts
var realm3 = globalThis;
var Resources = class {
  cpuPercent = null;
  eventLoopLagMs = null;
  #before = null;
  /** @param lateMs how much later than asked the timer fired. */
  sample(at, lateMs) {
    this.eventLoopLagMs = Math.max(Math.round(lateMs), 0);
    const used = realm3.process?.cpuUsage?.();
    if (!used) return;
    const cpuMs = (used.user + used.system) / 1e3;
    if (this.#before && at > this.#before.at) this.cpuPercent = Math.round((cpuMs - this.#before.cpuMs) / (at - this.#before.at) * 1e3) / 10;
    this.#before = { at, cpuMs };
  }
  stats() {
    const memoryBytes = realm3.process?.memoryUsage?.rss?.() ?? realm3.performance?.memory?.usedJSHeapSize ?? null;
    return { memoryBytes, cpuPercent: this.cpuPercent, eventLoopLagMs: this.eventLoopLagMs };
  }
};

// packages/instrumentation/src/purpose.ts
function purposeOf({ messagesSent, messagesReceived, bytes: bytes2, lifeMs, ended }) {
  const messages = messagesSent + messagesReceived;
  const perSecond = messages * 1e3 / Math.max(lifeMs, 1e3);
  const isSmall = bytes2 < messages * 512;
  if (ended && lifeMs <= 1e4 && messages <= 12 && messagesSent > 0 && messagesReceived > 0) return "discovery";
  if (messages >= 20 && (!isSmall || perSecond >= 0.5)) return "data";
  if (messages > 0 && isSmall && lifeMs >= 3e4 && perSecond <= 0.25) return "control";
  return "unknown";
}

// packages/instrumentation/src/snapshot.ts
function snapshotOf(record, now) {
  const { id, messagesSent, messagesReceived, bytesSent, bytesReceived, startAt, activeAt, close } = record;
  const messageCount = messagesSent + messagesReceived;
  const ended = !Number.isNaN(record.endedAt);
  const time = (at) => Number.isNaN(at) ? null : iso(record.epochOf(at));
  const lifeMs = (ended ? record.endedAt : now) - startAt;
  const percentiles = record.latency?.percentiles() ?? null;
  return {
    id,
    connectionId: id,
    internalId: id,
    label: record.label,
    url: record.url,
    transport: record.transport,
    role: record.role,
    purpose: purposeOf({ messagesSent, messagesReceived, bytes: bytesSent + bytesReceived, lifeMs, ended }),
    state: coarse[record.state] ?? "CONNECTING",
    currentState: record.state,
    createdAt: iso(record.startEpoch),
    startTime: record.startEpoch,
    connectedAt: time(record.connectedAt),
    activeAt: time(activeAt),
    closedAt: time(record.endedAt),
    setupMs: span(record.connectingAt, activeAt),
    timeToFirstMessageMs: span(startAt, record.firstMessageAt),
    longestSilenceMs: Number.isNaN(record.lastMessageAt) ? null : Math.max(round(record.longestSilenceMs), span(record.lastMessageAt, ended ? record.endedAt : now) ?? 0),
    idleMs: ended ? null : span(record.lastMessageAt, now),
    messageCount,
    messagesSent,
    messagesReceived,
    bytesSent,
    bytesReceived,
    wireBytesSent: record.wireBytesSent,
    wireBytesReceived: record.wireBytesReceived,
    bufferedBytes: record.bufferedBytes,
    maxBufferedBytes: record.maxBufferedBytes,
    latency: record.latency?.mean() ?? null,
    latencyPercentiles: percentiles,
    plugins: record.plugins?.map(({ name, counters: { messagesIn, messagesOut, bytesIn, bytesOut, nsPerMessage }, note }) => ({
      name,
      messagesIn,
      messagesOut,
      bytesIn,
      bytesOut,
      nsPerMessage,
      note
    })) ?? [],
    stages: record.stages?.map(({ name, offsetMs, durationMs, messages, outcome }) => ({
      name,
      startedAt: iso(record.startEpoch + offsetMs),
      durationMs: round(durationMs),
      messages,
      budgetMs: BUDGETS[name] ?? null,
      overBudget: isOverBudget(name, durationMs),
      outcome
    })) ?? [],
    peer: record.peer,
    link: record.link && { ...record.link },
    tags: { ...record.tags },
    path: record.path && { ...record.path },
    close: close && { ...close, verdict: { ...close.verdict } },
    errors: record.errors
  };
}
var coarse = {
  ACTIVE: "CONNECTED",
  CLOSING: "CLOSING",
  CLOSED: "CLOSED",
  FAILED: "FAILED"
};
function span(from, to) {
  const ms2 = to - from;
  return Number.isNaN(ms2) ? null : Math.max(round(ms2), 0);
}

// packages/instrumentation/src/stats.ts
var nothing = { resources: { memoryBytes: null, cpuPercent: null, eventLoopLagMs: null }, nsPerMessage: 0, navigation: [] };
function statsOf(registry, now, { resources, nsPerMessage, navigation } = nothing, options = {}) {
  const connections = [];
  const activeConnections = [];
  const plugins = registry.plugins.copy();
  const active = /* @__PURE__ */ new Map();
  const records = registry.records();
  const unlisted = records.length - integerOption("maxConnections", options.maxConnections, records.length);
  for (const [index, record] of records.entries()) {
    const snapshot = index < unlisted ? null : snapshotOf(record, now);
    if (snapshot) connections.push(snapshot);
    if (record.close !== null) continue;
    if (snapshot) activeConnections.push(snapshot);
    active.set(record.totals, (active.get(record.totals) ?? 0) + 1);
    for (const plugin of record.plugins ?? []) plugins.add(plugin);
  }
  const samples = registry.history.samples();
  return {
    generatedAt: iso(registry.startedEpoch + now - registry.startedAt),
    label: registry.settings.label ?? null,
    totalConnections: registry.totalConnections,
    connections,
    activeConnections,
    recentErrors: registry.errors.items.map((error) => ({ ...error, context: { ...error.context } })).reverse(),
    recentEvents: registry.timeline.stats(),
    global: globalStats(registry, now),
    transports: Object.fromEntries(registry.transports.all().map((totals) => [totals.kind, transportStats(totals, active.get(totals) ?? 0)])),
    plugins: plugins.stats(),
    stages: registry.stages.stats(),
    resources: { ...resources, instrumentation: costOf(registry, nsPerMessage) },
    history: { intervalMs: SAMPLE_INTERVAL_MS, samples },
    trends: trendsOf(samples),
    alerts: [],
    navigation,
    leaks: leaksOf(registry, now)
  };
}
function globalStats(registry, now) {
  const { totalConnections, totalErrors, live, latency: latency2 } = registry;
  const { opened, refused, failures, closed, messagesSent, messagesReceived, bytesSent, bytesReceived, messages, bytes: bytes2 } = registry.transports.sum();
  const rates = registry.history.rates(now);
  return {
    totalConnections,
    activeConnections: live.size,
    closedConnections: closed,
    failedConnections: failures,
    successRate: rate(opened, opened + refused),
    totalMessages: messages,
    messagesSent,
    messagesReceived,
    totalBytes: bytes2,
    bytesSent,
    bytesReceived,
    totalErrors,
    averageMessageSize: messages > 0 ? round(bytes2 / messages) : 0,
    averageLatency: latency2.mean(),
    latency: latency2.percentiles(),
    throughputMbps: round(rates.bytesPerSecond * 8 / 1e6),
    ...rates,
    uptimeMs: Math.max(round(now - registry.startedAt), 0)
  };
}
function transportStats({ counts, latency: latency2 }, active) {
  const { opened, refused, closed: _, ...shown } = counts;
  const attempts = opened + refused;
  return { ...shown, active, attempts, successRate: rate(opened, attempts), latency: latency2?.percentiles() ?? null };
}
function costOf(registry, nsPerMessage) {
  const dropped = {
    connections: registry.untracked,
    closed: registry.ended.dropped,
    errors: registry.errors.dropped,
    events: registry.timeline.dropped,
    names: registry.transports.droppedNames + registry.plugins.droppedNames,
    observers: registry.timeline.droppedObservers
  };
  let retainedBytes = registry.errors.items.length * 500 + registry.timeline.size * 200 + registry.history.readings.items.length * 250;
  for (const record of registry.records())
    retainedBytes += 700 + (record.plugins?.length ?? 0) * 70 + (record.stages?.length ?? 0) * 100 + (record.latency ? 400 : 0) + (record.stack?.length ?? 0);
  return { nsPerMessage, retainedBytes, degraded: dropped.connections + dropped.names + dropped.observers > 0, dropped };
}
function leaksOf(registry, now) {
  const leaks = [];
  for (const { id, listeners, lastMessageAt, startAt, stack } of registry.live.values()) {
    if (leaks.length >= 100) break;
    const silentMs = now - (Number.isNaN(lastMessageAt) ? startAt : lastMessageAt);
    if (silentMs > registry.settings.leakAfterMs)
      leaks.push({ kind: "never-closed", connectionId: id, detail: `open and silent for ${Math.round(silentMs / 1e3)} s`, stack });
    if (listeners) leaks.push({ kind: "listeners", connectionId: id, detail: `${listeners.count} listeners on ${listeners.on}`, stack });
  }
  return leaks;
}
function rate(good, all) {
  return all > 0 ? round(good / all) : 1;
}

// packages/instrumentation/src/instrumentation.ts
var TIMED_EVERY = 1024;
var Instrumentation = class {
  #settings = settingsFrom({});
  #timeline = new Timeline(this.#settings);
  #registry = this.#fresh();
  #steps = new NavigationSteps(this.#registry);
  #resources = new Resources();
  #installs = 0;
  #undo = [];
  #unlog = () => {
  };
  #unlend = () => {
  };
  #messages = 0;
  #timed = 0;
  #timedMs = 0;
  stats = (options) => {
    const nsPerMessage = this.#timed > 0 ? Math.round(this.#timedMs * 1e6 / this.#timed) : 0;
    return statsOf(this.#registry, this.#settings.clock.now(), { resources: this.#resources.stats(), nsPerMessage, navigation: this.#steps.stats() }, options);
  };
  report = (options) => reportOf(this.stats(), options);
  /** Later options go over earlier ones. The last uninstall takes everything out again. */
  install(options) {
    const settings = settingsFrom(options, this.#installs > 0 ? this.#settings : void 0);
    this.#settings = this.#registry.settings = this.#timeline.settings = settings;
    if (this.#installs++ === 0) this.#start();
    this.#unlog();
    this.#unlog = settings.log ? this.#timeline.watch((event) => log(event, this.#settings)) : () => {
    };
    this.#unlend();
    this.#registry.tapped = settings.payloads === "shape" || settings.payloads === "full";
    this.#unlend = this.#registry.tapped ? this.#lendPayloads() : () => {
    };
    let installed = true;
    return () => {
      if (installed && --this.#installs === 0) this.#stop();
      installed = false;
    };
  }
  /** Counts from zero. Connections that are open stay, and are counted anew. */
  reset() {
    const before = this.#registry;
    this.#timeline.clear();
    this.#registry = this.#fresh();
    this.#registry.takeOver(before);
    this.#steps = this.#steps.restart(this.#registry);
  }
  watch(watcher) {
    return this.#timeline.watch(watcher);
  }
  #fresh() {
    const { clock } = this.#settings;
    return new Registry(this.#settings, clock.now(), clock.epoch(), this.#timeline);
  }
  #start() {
    const { clock } = this.#settings;
    this.#timeline.clear();
    this.#registry = this.#fresh();
    this.#steps = new NavigationSteps(this.#registry);
    this.#resources = new Resources();
    this.#messages = this.#timed = this.#timedMs = 0;
    this.#undo = [
      hub.subscribe((event) => this.#probe(event)),
      observeSockets(() => this.#settings),
      watchNavigation((path) => {
        const shown = this.#steps.enter(path, clock.epoch());
        this.#timeline.add("navigation", void 0, "navigated", shown, clock.epoch());
      }),
      this.#sampleRegularly(),
      expose("getConnectionInstrumentationStats", this.stats),
      expose("getConnectionInstrumentationReport", this.report)
    ];
  }
  #stop() {
    this.#unlog();
    this.#unlend();
    for (const undo of this.#undo.reverse()) undo();
  }
  #probe(event) {
    const registry = this.#registry;
    const settings = this.#settings;
    if (event.type === "sent" || event.type === "received") {
      if (++this.#messages % TIMED_EVERY !== 0) return registry.fold(event);
      const before = settings.clock.now();
      registry.fold(event);
      this.#timedMs += settings.clock.now() - before;
      this.#timed++;
    } else if (event.type === "created") {
      registry.fold(event, settings.creationStacks ? new Error().stack : void 0);
      if (event.role === "observed") queueMicrotask(() => registry.announce());
    } else {
      registry.fold(event);
    }
  }
  #lendPayloads() {
    const before = hub.tap;
    const tap = (id, direction, payload) => {
      before?.(id, direction, payload);
      this.#registry.payload(id, direction, this.#settings.clock.now(), () => showPayload(payload, this.#settings.payloads));
    };
    hub.tap = tap;
    return () => {
      if (hub.tap === tap) hub.tap = before;
    };
  }
  #sampleRegularly() {
    const { clock } = this.#settings;
    let due = clock.now() + SAMPLE_INTERVAL_MS;
    this.#resources.sample(clock.now(), 0);
    return every(clock, SAMPLE_INTERVAL_MS, () => {
      const now = clock.now();
      this.#registry.history.sample(now);
      this.#resources.sample(now, now - due);
      due = now + SAMPLE_INTERVAL_MS;
    });
  }
};
function expose(name, value) {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  try {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
  } catch {
  }
  return () => {
    if (!Object.is(globalThis[name], value)) return;
    if (before) Object.defineProperty(globalThis, name, before);
    else delete globalThis[name];
  };
}

// packages/instrumentation/src/shared.ts
var SLOT = /* @__PURE__ */ Symbol.for("@linkscope/instrumentation@1");
function shared() {
  const realm4 = globalThis;
  let instance = realm4[SLOT];
  if (!instance) {
    instance = new Instrumentation();
    Object.defineProperty(realm4, SLOT, { value: instance, configurable: true });
  }
  return instance;
}

// packages/instrumentation/src/install.ts
function installInstrumentation(options = {}) {
  return shared().install(options);
}
function getConnectionInstrumentationStats(options) {
  return shared().stats(options);
}
function getConnectionInstrumentationReport(options) {
  return shared().report(options);
}

// packages/plugins/src/control-frames.ts
var DLE = 16;
var HEADER_LENGTH = 3;
var LITERAL = "=";
var ControlFrames = class {
  /** @param letter one ASCII letter, a different one for each kind of plugin. */
  constructor(plugin, letter) {
    this.plugin = plugin;
    this.prefix = String.fromCharCode(DLE) + letter;
    this.letterCode = letter.charCodeAt(0);
  }
  plugin;
  prefix;
  letterCode;
  /** A message of the application as it travels. */
  wrap(payload) {
    if (!this.isMarked(payload)) return payload;
    if (typeof payload === "string") return this.text(LITERAL, payload);
    const frame = this.bytes(LITERAL, payload.byteLength);
    frame.set(payload, HEADER_LENGTH);
    return frame;
  }
  /** A control frame in text. */
  text(kind, body) {
    return this.prefix + kind + body;
  }
  /** A control frame in bytes; its body, from `bodyOf`, is left to fill in. */
  bytes(kind, bodyBytes) {
    const frame = new Uint8Array(HEADER_LENGTH + bodyBytes);
    frame[0] = DLE;
    frame[1] = this.letterCode;
    frame[2] = kind.charCodeAt(0);
    return frame;
  }
  /** @returns the kind of a control frame, '=' for an escaped message, null for any other message. */
  kindOf(payload) {
    if (!this.isMarked(payload)) return null;
    return typeof payload === "string" ? payload.charAt(2) : String.fromCharCode(payload[2] ?? 0);
  }
  /** What follows the kind; a view where the frame is bytes. */
  bodyOf(frame) {
    return typeof frame === "string" ? frame.slice(HEADER_LENGTH) : frame.subarray(HEADER_LENGTH);
  }
  malformed(what) {
    return new PluginError("MALFORMED_FRAME", `${this.plugin}: ${what}; is the same plugin at the same place on both ends?`);
  }
  isMarked(payload) {
    return typeof payload === "string" ? payload.charCodeAt(0) === DLE && payload.charCodeAt(1) === this.letterCode : payload[0] === DLE && payload[1] === this.letterCode;
  }
};

// packages/plugins/src/deflate.ts
var INPUT_PORTION_BYTES = 4 * 1024;
var OutputTooBig = class extends Error {
};
function deflate(input) {
  return pump(new CompressionStream("deflate-raw"), input, Number.POSITIVE_INFINITY, input.byteLength);
}
function inflate(input, maxBytes) {
  return pump(new DecompressionStream("deflate-raw"), input, maxBytes, INPUT_PORTION_BYTES);
}
async function pump(stream, input, maxBytes, portionBytes) {
  const reader = stream.readable.getReader();
  void feed(stream.writable.getWriter(), input, portionBytes).catch(() => {
  });
  const chunks = [];
  let bytes2 = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const { value } = next;
    bytes2 += value.byteLength;
    if (bytes2 > maxBytes) {
      await reader.cancel().catch(() => {
      });
      throw new OutputTooBig(`more than ${maxBytes} bytes`);
    }
    chunks.push(value);
  }
  return concat(chunks, bytes2);
}
async function feed(writer, input, portionBytes) {
  for (let start = 0; start < input.byteLength; start += portionBytes) {
    await writer.ready;
    await writer.write(input.subarray(start, start + portionBytes));
  }
  await writer.close();
}
function concat(chunks, bytes2) {
  if (chunks.length === 1) return chunks[0];
  const whole = new Uint8Array(bytes2);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

// packages/plugins/src/ordered-lane.ts
var OrderedLane = class {
  constructor(steps) {
    this.steps = steps;
  }
  steps;
  waiting = [];
  working = null;
  stopped = false;
  held = 0;
  /** Bytes taken in and not yet emitted, at their size before the transform. */
  get heldBytes() {
    return this.held;
  }
  /** Settles when all is emitted; null where nothing waits, so that a payload may go past. */
  get rest() {
    return this.working;
  }
  push(payload) {
    if (this.stopped) return;
    const bytes2 = byteLength(payload);
    this.waiting.push({ payload, bytes: bytes2 });
    this.held += bytes2;
    this.working ??= this.work();
  }
  /** Nothing more is emitted. */
  stop() {
    this.stopped = true;
    this.waiting.length = 0;
    this.held = 0;
  }
  async work() {
    try {
      for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
        const result = await this.steps.transform(next.payload);
        if (this.stopped) break;
        this.held -= next.bytes;
        this.steps.emit(result);
      }
    } catch (error) {
      const wasStopped = this.stopped;
      this.stop();
      if (!wasStopped) this.steps.failed(asError(error));
    }
    this.working = null;
  }
};

// packages/plugins/src/compression.ts
var TEXT = "t";
var BYTES = "b";
var HEADER_BYTES = 3;
var INBOUND_HIGH_WATER_BYTES = 1024 * 1024;
var INBOUND_MESSAGES = 4;
var CompressionPlugin = class {
  name = "compression";
  frames = new ControlFrames("compression", "C");
  encoder = new TextEncoder();
  // Fatal: text of the peer that is no UTF-8 is malformed. A byte order mark at the beginning is part of the message.
  decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  thresholdBytes;
  maxMessageBytes;
  outbound;
  inbound;
  host = null;
  paused = false;
  constructor(options = {}) {
    this.thresholdBytes = integerOption("thresholdBytes", options.thresholdBytes, 1024);
    this.maxMessageBytes = integerOption("maxMessageBytes", options.maxMessageBytes, 16 * 1024 * 1024, 1);
    const failed = (error) => this.host?.fail(error);
    this.outbound = new OrderedLane({ transform: (payload) => this.compress(payload), emit: (frame) => void this.host?.sendDown(frame), failed });
    this.inbound = new OrderedLane({ transform: (frame) => this.decompress(frame), emit: (payload) => this.deliver(payload), failed });
  }
  attach(host) {
    if (typeof CompressionStream === "undefined") {
      throw new PluginError("COMPRESSION_UNAVAILABLE", "compression: this platform has no CompressionStream; leave the plugin out on both ends");
    }
    this.host = host;
  }
  outgoing(payload) {
    if (!this.outbound.rest && this.isSmall(payload)) return this.frames.wrap(payload);
    const bytes2 = byteLength(payload);
    if (bytes2 > this.maxMessageBytes) {
      throw new PluginError("MESSAGE_TOO_BIG", `compression: a message of ${bytes2} bytes; at most ${this.maxMessageBytes} (maxMessageBytes) go`);
    }
    this.outbound.push(payload);
    return null;
  }
  incoming(payload) {
    if (!this.inbound.rest) {
      const kind = this.frames.kindOf(payload);
      if (kind === null) return payload;
      if (kind === "=") return this.frames.bodyOf(payload);
    }
    this.inbound.push(payload);
    this.brake();
    return null;
  }
  heldBytes() {
    return this.outbound.heldBytes;
  }
  closing() {
    return this.outbound.rest ?? void 0;
  }
  ending() {
    return this.inbound.rest ?? void 0;
  }
  closed() {
    this.outbound.stop();
    this.inbound.stop();
    this.host = null;
  }
  isSmall(payload) {
    if (typeof payload === "string" && payload.length * 3 < this.thresholdBytes) return true;
    return byteLength(payload) < this.thresholdBytes;
  }
  async compress(payload) {
    if (this.isSmall(payload)) return this.frames.wrap(payload);
    const isText = typeof payload === "string";
    const raw = isText ? this.encoder.encode(payload) : payload;
    const packed = await deflate(raw);
    if (packed.byteLength + HEADER_BYTES >= raw.byteLength) return this.frames.wrap(payload);
    const frame = this.frames.bytes(isText ? TEXT : BYTES, packed.byteLength);
    frame.set(packed, HEADER_BYTES);
    return frame;
  }
  async decompress(frame) {
    const kind = this.frames.kindOf(frame);
    if (kind === null) return frame;
    const body = this.frames.bodyOf(frame);
    if (kind === "=") return body;
    if (typeof body === "string" || kind !== TEXT && kind !== BYTES) throw this.frames.malformed("neither compressed text nor compressed bytes");
    const raw = await this.inflated(body);
    if (kind === BYTES) return raw;
    try {
      return this.decoder.decode(raw);
    } catch {
      throw this.frames.malformed("compressed text that is not UTF-8");
    }
  }
  async inflated(packed) {
    try {
      return await inflate(packed, this.maxMessageBytes);
    } catch (error) {
      if (!(error instanceof OutputTooBig)) throw this.frames.malformed("what should be compressed is not raw deflate");
      throw new PluginError(
        "DECOMPRESSION_TOO_BIG",
        `compression: a message of ${packed.byteLength} bytes would inflate to more than ${this.maxMessageBytes} (maxMessageBytes)`
      );
    }
  }
  deliver(payload) {
    this.host?.deliverUp(payload);
    if (!this.paused || this.inbound.heldBytes > INBOUND_HIGH_WATER_BYTES / 2) return;
    this.paused = false;
    this.host?.resume();
  }
  brake() {
    const { heldBytes } = this.inbound;
    if (heldBytes <= INBOUND_HIGH_WATER_BYTES) return;
    if (heldBytes > INBOUND_HIGH_WATER_BYTES + INBOUND_MESSAGES * this.maxMessageBytes) {
      this.host?.fail(new ConnectionError("SLOW_READER", `compression: ${heldBytes} bytes wait to be inflated: the peer sends faster than they can be`));
      return;
    }
    if (!this.paused) this.host?.pause();
    this.paused = true;
  }
};

// packages/plugins/src/network-source.ts
function platformSource() {
  const { navigator } = globalThis;
  if (typeof navigator?.onLine === "boolean") return browserSource(navigator);
  const getBuiltin = globalThis.process?.getBuiltinModule;
  const os = getBuiltin?.("node:os");
  return os && interfaceSource(() => os.networkInterfaces());
}
function browserSource(navigator) {
  return {
    read() {
      const { connection } = navigator;
      return { online: navigator.onLine, connectionType: connection?.type ?? connection?.effectiveType };
    },
    watch(changed) {
      const { connection } = navigator;
      globalThis.addEventListener("online", changed);
      globalThis.addEventListener("offline", changed);
      connection?.addEventListener?.("change", changed);
      return () => {
        globalThis.removeEventListener("online", changed);
        globalThis.removeEventListener("offline", changed);
        connection?.removeEventListener?.("change", changed);
      };
    }
  };
}
function interfaceSource(interfaces) {
  let hadOne = false;
  return {
    read() {
      const leadsOut = Object.values(interfaces()).some((addresses) => addresses?.some((address) => !address.internal));
      hadOne ||= leadsOut;
      return { online: leadsOut || !hadOne };
    }
  };
}

// packages/plugins/src/network-monitor.ts
var NetworkMonitor = class _NetworkMonitor {
  constructor(clock, options = {}) {
    this.clock = clock;
    this.source = options.source ?? platformSource();
    this.tickMs = numberOption("tickMs", options.tickMs, 5e3, 1);
  }
  clock;
  static shared = /* @__PURE__ */ new WeakMap();
  source;
  tickMs;
  changes = new Emitter();
  last = { online: true };
  stop = () => {
  };
  /** The one that all connections on a clock share: ten thousand of them cost one timer. */
  static on(clock) {
    const existing = _NetworkMonitor.shared.get(clock);
    if (existing) return existing;
    const created = new _NetworkMonitor(clock);
    _NetworkMonitor.shared.set(clock, created);
    return created;
  }
  /** As last seen; looked at afresh when the first subscriber comes. */
  get status() {
    return this.last;
  }
  subscribe(listener) {
    if (this.changes.count === 0) this.start();
    const off = this.changes.on(listener);
    return () => {
      off();
      if (this.changes.count === 0) this.stop();
    };
  }
  start() {
    this.last = this.read();
    const unwatch = this.source?.watch?.(() => this.look());
    let dueAt = this.clock.now() + this.tickMs;
    const cancel = every(this.clock, this.tickMs, () => {
      const driftMs = this.clock.now() - dueAt;
      dueAt = this.clock.now() + this.tickMs;
      if (driftMs > this.tickMs) this.changes.emit({ kind: "suspended", driftMs });
      this.look();
    });
    this.stop = () => {
      this.stop = () => {
      };
      cancel();
      unwatch?.();
    };
  }
  look() {
    const { last } = this;
    this.last = this.read();
    const { online, connectionType } = this.last;
    if (online !== last.online || connectionType !== last.connectionType) this.changes.emit({ kind: "network", online, connectionType });
  }
  read() {
    try {
      return this.source?.read() ?? { online: true };
    } catch {
      return this.last;
    }
  }
};

// packages/plugins/src/network.ts
var NetworkPlugin = class {
  name = "network";
  observer = true;
  onChange;
  changes = new Emitter();
  monitor;
  leave = () => {
  };
  constructor(options = {}) {
    this.monitor = options.monitor;
    this.onChange = this.changes;
  }
  /** As last seen; online before the connection is ACTIVE. */
  get status() {
    return this.monitor?.status ?? { online: true };
  }
  attach(host) {
    this.monitor ??= NetworkMonitor.on(host.clock);
    const { monitor } = this;
    this.leave = monitor.subscribe((change) => {
      host.note(change);
      this.changes.emit(change);
    });
    const { online, connectionType } = monitor.status;
    if (!online || connectionType !== void 0) host.note({ kind: "network", online, connectionType });
  }
  closed() {
    this.leave();
  }
};

// packages/plugins/src/round-trip.ts
var ALPHA = 1 / 8;
var BETA = 1 / 4;
var DEVIATIONS = 4;
var RoundTrip = class {
  smoothedMs = null;
  variationMs = 0;
  /** Null until something was measured. */
  get rttMs() {
    return this.smoothedMs;
  }
  get jitterMs() {
    return this.smoothedMs === null ? null : this.variationMs;
  }
  add(sampleMs) {
    if (this.smoothedMs === null) {
      this.smoothedMs = sampleMs;
      this.variationMs = sampleMs / 2;
      return;
    }
    this.variationMs += BETA * (Math.abs(this.smoothedMs - sampleMs) - this.variationMs);
    this.smoothedMs += ALPHA * (sampleMs - this.smoothedMs);
  }
  /** @returns milliseconds within floor and cap; before the first sample a third of the cap. */
  timeoutMs(floorMs, capMs) {
    const wanted = this.smoothedMs === null ? capMs / 3 : this.smoothedMs + DEVIATIONS * this.variationMs;
    return Math.min(Math.max(wanted, floorMs), capMs);
  }
};

// packages/plugins/src/ping-pong.ts
var PING = "?";
var PONG = "!";
var NUMBER = /^[0-9a-z]{1,11}$/;
var MAX_PROBES = 3;
var LATE_TIMER_MS = 1e3;
var MAX_LATE_TIMERS = 3;
var PingPongPlugin = class {
  name = "ping-pong";
  frames = new ControlFrames("ping-pong", "P");
  roundTrip = new RoundTrip();
  intervalMs;
  minTimeoutMs;
  pings;
  host = null;
  cancelTimer = () => {
  };
  lastPing = 0;
  /** When each ping still without an answer was sent. */
  sentAt = /* @__PURE__ */ new Map();
  firstProbeAt = 0;
  lateTimers = 0;
  /** Something arrived since the last probe was sent. */
  alive = true;
  /** The transport asked for a pause; the newest ping meanwhile is answered after it. */
  busy = false;
  owed = null;
  constructor(options = {}) {
    this.intervalMs = numberOption("intervalMs", options.intervalMs, 3e4, 1);
    this.minTimeoutMs = numberOption("minTimeoutMs", options.minTimeoutMs, Math.min(2e3, this.intervalMs), 1, this.intervalMs);
    this.pings = options.ping ?? true;
  }
  /** Smoothed round-trip time in milliseconds; null until measured. */
  get rttMs() {
    return this.roundTrip.rttMs;
  }
  /** Mean deviation of the round-trip time in milliseconds. */
  get jitterMs() {
    return this.roundTrip.jitterMs;
  }
  attach(host) {
    this.host = host;
  }
  active() {
    if (this.pings) this.wait(this.intervalMs, () => this.probe());
  }
  outgoing(payload) {
    return this.frames.wrap(payload);
  }
  incoming(payload) {
    this.alive = true;
    const kind = this.frames.kindOf(payload);
    if (kind === null) return payload;
    const body = this.frames.bodyOf(payload);
    if (kind === "=") return body;
    if (typeof body !== "string" || !NUMBER.test(body)) throw this.frames.malformed("a ping or pong without a number");
    if (kind === PING) this.answer(body);
    else if (kind === PONG) this.measure(body);
    else throw this.frames.malformed("neither a ping nor a pong");
    return null;
  }
  drained() {
    const { owed } = this;
    this.busy = false;
    this.owed = null;
    if (owed !== null) this.answer(owed);
  }
  closing() {
    this.cancelTimer();
  }
  closed() {
    this.cancelTimer();
    this.sentAt.clear();
    this.owed = null;
    this.host = null;
  }
  /** Asks for a sign of life; what is heard from here on counts. */
  probe() {
    const { host } = this;
    if (!host) return;
    this.sentAt.clear();
    this.firstProbeAt = host.clock.now();
    this.alive = false;
    this.ask(1);
  }
  ask(probes) {
    const { host } = this;
    if (!host) return;
    const number2 = (++this.lastPing).toString(36);
    this.sentAt.set(number2, host.clock.now());
    try {
      host.sendDown(this.frames.text(PING, number2));
    } catch (error) {
      host.fail(error);
      return;
    }
    const patienceMs = this.roundTrip.timeoutMs(this.minTimeoutMs, this.intervalMs) * 2 ** (probes - 1);
    this.wait(Math.min(patienceMs, this.remainingMs()), () => this.judge(probes));
  }
  judge(probes) {
    if (this.alive) {
      this.lateTimers = 0;
      this.wait(this.remainingMs(), () => this.probe());
    } else if (probes < MAX_PROBES && this.remainingMs() > 0) {
      this.ask(probes + 1);
    } else {
      const silentMs = Math.round(this.now() - this.firstProbeAt);
      this.host?.fail(new ConnectionError("HEARTBEAT_TIMEOUT", `no answer to ${probes} pings within ${silentMs} ms: the peer or the way to it is gone`));
    }
  }
  /** Until the interval that began with the first probe is over. */
  remainingMs() {
    return this.firstProbeAt + this.intervalMs - this.now();
  }
  wait(ms2, next) {
    const dueAt = this.now() + ms2;
    this.cancelTimer();
    this.cancelTimer = this.host?.clock.after(ms2, () => {
      const isLate = this.now() - dueAt > LATE_TIMER_MS;
      if (isLate && !this.alive && ++this.lateTimers <= MAX_LATE_TIMERS) this.probe();
      else next();
    }) ?? (() => {
    });
  }
  /** A peer that pings without reading gets one answer when the transport takes more, not a queue of them. */
  answer(number2) {
    if (this.busy) this.owed = number2;
    else this.busy = this.host?.sendDown(this.frames.text(PONG, number2)) === false;
  }
  measure(number2) {
    const sentAt = this.sentAt.get(number2);
    if (sentAt === void 0) return;
    this.sentAt.clear();
    const sampleMs = this.now() - sentAt;
    if (sampleMs > this.intervalMs) return;
    this.roundTrip.add(sampleMs);
    this.host?.note({ kind: "latency", rttMs: sampleMs, jitterMs: this.roundTrip.jitterMs ?? 0 });
  }
  now() {
    return this.host?.clock.now() ?? 0;
  }
};

// packages/plugins/src/rate-window.ts
var BUCKETS = 10;
var BUCKET_MS = 1e3;
var RateWindow = class {
  messages = new Float64Array(BUCKETS);
  bytes = new Float64Array(BUCKETS);
  /** The second the newest bucket stands for. */
  newest = Number.NEGATIVE_INFINITY;
  index = 0;
  add(nowMs, bytes2) {
    if (nowMs >= (this.newest + 1) * BUCKET_MS) this.advance(nowMs);
    this.messages[this.index]++;
    this.bytes[this.index] += bytes2;
  }
  /** @param sinceMs when counting began: a younger window is averaged over its own age. */
  perSecond(nowMs, sinceMs) {
    this.advance(nowMs);
    const seconds = Math.min(Math.max(nowMs - sinceMs, BUCKET_MS), BUCKETS * BUCKET_MS) / 1e3;
    return { messages: sum(this.messages) / seconds, bytes: sum(this.bytes) / seconds };
  }
  advance(nowMs) {
    const second = Math.floor(nowMs / BUCKET_MS);
    const steps = Math.min(second - this.newest, BUCKETS);
    for (let i = 0; i < steps; i++) {
      this.index = (this.index + 1) % BUCKETS;
      this.messages[this.index] = 0;
      this.bytes[this.index] = 0;
    }
    this.newest = Math.max(this.newest, second);
  }
};
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

// packages/plugins/src/statistics.ts
var StatisticsPlugin = class {
  name = "statistics";
  observer = true;
  host = null;
  window = new RateWindow();
  messagesSent = 0;
  messagesReceived = 0;
  bytesSent = 0;
  bytesReceived = 0;
  attachedAt = 0;
  activeAt = null;
  lastSentAt = null;
  lastReceivedAt = null;
  endedAt = null;
  attach(host) {
    this.host = host;
    this.attachedAt = host.clock.now();
  }
  active() {
    this.activeAt = this.now();
  }
  outgoing(payload) {
    const bytes2 = byteLength(payload);
    this.messagesSent++;
    this.bytesSent += bytes2;
    this.lastSentAt = this.now();
    this.window.add(this.lastSentAt, bytes2);
    return payload;
  }
  incoming(payload) {
    const bytes2 = byteLength(payload);
    this.messagesReceived++;
    this.bytesReceived += bytes2;
    this.lastReceivedAt = this.now();
    this.window.add(this.lastReceivedAt, bytes2);
    return payload;
  }
  closed() {
    this.endedAt = this.now();
  }
  /** A fresh plain object; changing it changes nothing inside. */
  snapshot() {
    const { messagesSent, messagesReceived, bytesSent, bytesReceived, lastSentAt, lastReceivedAt, activeAt } = this;
    const now = this.endedAt ?? this.now();
    const rate2 = this.window.perSecond(now, this.attachedAt);
    return {
      messagesSent,
      messagesReceived,
      bytesSent,
      bytesReceived,
      messagesPerSecond: rate2.messages,
      bytesPerSecond: rate2.bytes,
      sinceSentMs: lastSentAt === null ? null : now - lastSentAt,
      sinceReceivedMs: lastReceivedAt === null ? null : now - lastReceivedAt,
      idleMs: now - Math.max(this.attachedAt, lastSentAt ?? 0, lastReceivedAt ?? 0),
      uptimeMs: activeAt === null ? 0 : now - activeAt
    };
  }
  now() {
    return this.host?.clock.now() ?? 0;
  }
};

// packages/plugins/src/message-json.ts
function parseJson(text) {
  const isSuspect = text.includes("__proto__") || text.includes("\\u");
  try {
    return isSuspect ? JSON.parse(text, (key, value) => key === "__proto__" ? void 0 : value) : JSON.parse(text);
  } catch {
    return void 0;
  }
}
function isTypedMessage(value) {
  return typeof value === "object" && value !== null && typeof value.type === "string";
}

// packages/plugins/src/wait.ts
var MessageError = class extends LinkscopeError {
};
function createWait(clock, what, { timeoutMs, signal }, left) {
  const waitMs = numberOption("timeoutMs", timeoutMs, 3e4);
  const aborted = () => new MessageError("WAIT_ABORTED", `waiting for ${what} was aborted by its signal`, { cause: signal?.reason });
  if (signal?.aborted) throw aborted();
  let settle;
  const promise = new Promise((resolve, reject2) => {
    settle = { resolve, reject: reject2 };
  });
  let over = false;
  const end = () => {
    if (over) return false;
    over = true;
    cancelTimer();
    signal?.removeEventListener("abort", onAbort);
    left();
    return true;
  };
  const reject = (error) => {
    if (end()) settle.reject(error);
  };
  const onAbort = () => reject(aborted());
  const cancelTimer = clock.after(waitMs, () => reject(new MessageError("WAIT_TIMEOUT", `waited ${waitMs} ms for ${what}; none came`)));
  signal?.addEventListener("abort", onAbort, { once: true });
  return {
    promise,
    reject,
    resolve: (value) => {
      if (end()) settle.resolve(value);
    }
  };
}

// packages/plugins/src/requests.ts
var REQUEST = "q";
var ANSWER = "a";
var REFUSAL = "e";
var BODY = /^([0-9a-z]{1,11}):/;
var refusals = {
  REQUEST_UNHANDLED: "the peer has no handler for it",
  REQUEST_FAILED: "the peer's handler failed",
  REQUEST_BUSY: "the peer has too many requests at work"
};
var Requests = class {
  constructor(host, frames, maxWaiting) {
    this.host = host;
    this.frames = frames;
    this.maxWaiting = maxWaiting;
  }
  host;
  frames;
  maxWaiting;
  pending = /* @__PURE__ */ new Map();
  handlers = /* @__PURE__ */ new Map();
  lastNumber = 0;
  running = 0;
  active = false;
  /** Answers that went into a busy transport still count as running: a peer that asks without reading is stopped by the bound. */
  undrained = 0;
  get waiting() {
    return this.pending.size;
  }
  ask(message, options) {
    if (!isTypedMessage(message)) throw new TypeError("a request is an object with a type, which is a string");
    const number2 = (++this.lastNumber).toString(36);
    const frame = this.frames.text(REQUEST, `${number2}:${JSON.stringify(message)}`);
    const what = `an answer to ${JSON.stringify(message.type)}`;
    const wait = createWait(this.host.clock, what, options, () => this.pending.delete(number2));
    const request = { what, wait, unsent: frame };
    this.pending.set(number2, request);
    if (this.active) this.send(request);
    return wait.promise;
  }
  handle(type, handler) {
    if (this.handlers.has(type)) throw new TypeError(`requests of type ${JSON.stringify(type)} have a handler already`);
    this.handlers.set(type, handler);
    return () => {
      if (this.handlers.get(type) === handler) this.handlers.delete(type);
    };
  }
  /** Sends what was asked before the connection was ACTIVE. */
  activate() {
    this.active = true;
    for (const request of [...this.pending.values()]) this.send(request);
  }
  drained() {
    this.running -= this.undrained;
    this.undrained = 0;
  }
  /** A control frame of the peer. @throws PluginError MALFORMED_FRAME. */
  receive(kind, body) {
    const number2 = typeof body === "string" ? BODY.exec(body)?.[1] : void 0;
    if (typeof body !== "string" || number2 === void 0) throw this.frames.malformed("a request or answer without a number");
    const content = body.slice(number2.length + 1);
    if (kind === REQUEST) this.serve(number2, content);
    else if (kind === ANSWER) this.settle(number2, content);
    else if (kind === REFUSAL) this.refused(number2, content);
    else throw this.frames.malformed("neither a request nor an answer");
  }
  close(error) {
    for (const { wait } of [...this.pending.values()]) wait.reject(error);
    this.handlers.clear();
  }
  send(request) {
    if (request.unsent === null) return;
    const frame = request.unsent;
    request.unsent = null;
    try {
      this.host.sendDown(frame);
    } catch (error) {
      request.wait.reject(error);
    }
  }
  serve(number2, content) {
    const message = parseJson(content);
    if (!isTypedMessage(message)) throw this.frames.malformed("a request that is no JSON object with a type");
    if (this.running >= this.maxWaiting) {
      if (this.undrained > 0) throw new ConnectionError("SLOW_READER", `typed-messages: ${this.running} answers wait for a peer that asks on without reading`);
      return this.reply(REFUSAL, number2, "REQUEST_BUSY");
    }
    const handler = this.handlers.get(message.type);
    if (!handler) return this.reply(REFUSAL, number2, "REQUEST_UNHANDLED");
    this.running++;
    void this.run(handler, message, number2);
  }
  async run(handler, message, number2) {
    let answer2;
    try {
      answer2 = JSON.stringify(await handler(message)) ?? "null";
    } catch (error) {
      this.host.note({ kind: "plugin", name: "typed-messages", text: `the handler of ${JSON.stringify(message.type)} threw: ${asError(error).message}` });
      this.running--;
      return this.reply(REFUSAL, number2, "REQUEST_FAILED");
    }
    this.running--;
    this.reply(ANSWER, number2, answer2);
  }
  reply(kind, number2, content) {
    try {
      if (this.host.sendDown(this.frames.text(kind, `${number2}:${content}`))) return;
      this.running++;
      this.undrained++;
    } catch (error) {
      if (kind === ANSWER) this.reply(REFUSAL, number2, "REQUEST_FAILED");
      else this.host.fail(error);
    }
  }
  settle(number2, content) {
    const answer2 = parseJson(content);
    if (answer2 === void 0) throw this.frames.malformed("an answer that is no JSON");
    this.pending.get(number2)?.wait.resolve(answer2);
  }
  refused(number2, content) {
    const code = Object.hasOwn(refusals, content) ? content : "REQUEST_FAILED";
    const request = this.pending.get(number2);
    request?.wait.reject(new MessageError(code, `waited for ${request.what}: ${refusals[code]}`));
  }
};

// packages/plugins/src/typed-messages.ts
var TypedMessagesPlugin = class {
  name = "typed-messages";
  frames = new ControlFrames("typed-messages", "T");
  maxWaiting;
  messages = /* @__PURE__ */ new Set();
  requests = null;
  host = null;
  ended = null;
  constructor(options = {}) {
    this.maxWaiting = integerOption("maxWaiting", options.maxWaiting, 1e3, 1);
  }
  /** The next message, of either kind. */
  async next(options = {}) {
    return await this.waitFor(null, "the next message", options);
  }
  /** The next text that is a JSON object of this `type`, parsed; keys named __proto__ are left out. */
  async nextJson(type, options = {}) {
    return await this.waitFor(type, `JSON of type ${JSON.stringify(type)}`, options);
  }
  /**
   * Asks the peer, whose `onRequest` handler of this type answers. May be called before the connection is ACTIVE.
   * @throws MessageError REQUEST_UNHANDLED, REQUEST_FAILED, REQUEST_BUSY as the peer says; MESSAGE_TOO_BIG of the transport;
   * TypeError where the message has no type or is no JSON.
   */
  async request(message, options = {}) {
    return await this.ready().ask(message, options);
  }
  /** Answers the peer's requests of one type. @throws TypeError where the type has a handler already. */
  onRequest(type, handler) {
    return this.attached().handle(type, handler);
  }
  attach(host) {
    this.host = host;
    this.requests = new Requests(host, this.frames, this.maxWaiting);
  }
  active() {
    this.requests?.activate();
  }
  drained() {
    this.requests?.drained();
  }
  outgoing(payload) {
    return this.frames.wrap(payload);
  }
  incoming(payload) {
    const kind = this.frames.kindOf(payload);
    if (kind !== null && kind !== "=") {
      this.requests?.receive(kind, this.frames.bodyOf(payload));
      return null;
    }
    const message = kind === null ? payload : this.frames.bodyOf(payload);
    return this.messages.size > 0 && this.isTaken(message) ? null : message;
  }
  closed(info) {
    this.ended = new ConnectionError("CONNECTION_CLOSED", `the connection ended (${info.code}) while a message was waited for`, { cause: info.error });
    for (const { wait } of [...this.messages]) wait.reject(this.ended);
    this.requests?.close(this.ended);
  }
  /** Hands a message to the one who has waited for it longest. */
  isTaken(message) {
    let parsed;
    for (const { type, wait } of this.messages) {
      if (type === null) {
        wait.resolve(message);
        return true;
      }
      if (typeof message !== "string") continue;
      if (parsed === void 0) parsed = parseJson(message) ?? null;
      if (isTypedMessage(parsed) && parsed.type === type) {
        wait.resolve(parsed);
        return true;
      }
    }
    return false;
  }
  waitFor(type, what, options) {
    this.ready();
    const entry = { type, wait: createWait(this.host.clock, what, options, () => this.messages.delete(entry)) };
    this.messages.add(entry);
    return entry.wait.promise;
  }
  /** @throws where nothing more can be waited for. */
  ready() {
    const requests = this.attached();
    if (this.ended) throw this.ended;
    const waiting = this.messages.size + requests.waiting;
    if (waiting >= this.maxWaiting) {
      throw new MessageError("WAIT_FULL", `${waiting} messages and answers are waited for already; at most ${this.maxWaiting} (maxWaiting) may be`);
    }
    return requests;
  }
  attached() {
    if (!this.requests) throw new TypeError("typed-messages: add the plugin to a connection before using it");
    return this.requests;
  }
};

// packages/transports/src/dial.ts
import WebSocket from "ws";

// packages/transports/src/raw-socket.ts
var ReadyState = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
function sendableCode(code, isBrowserLike) {
  if (code === 1e3 || code >= 3e3 && code <= 4999) return code;
  if (!isBrowserLike && code >= 1001 && code <= 1014 && (code < 1004 || code > 1006)) return code;
  return code === 1001 ? 1e3 : 4500;
}
function frameBytes(payloadBytes2, masked) {
  const lengthBytes = payloadBytes2 > 65535 ? 8 : payloadBytes2 > 125 ? 2 : 0;
  return 2 + lengthBytes + (masked ? 4 : 0) + payloadBytes2;
}

// packages/transports/src/browser-socket.ts
var DRAIN_POLL_MS = 4;
var BrowserSocket = class {
  constructor(socket, events, options) {
    this.socket = socket;
    this.#events = events;
    this.#options = options;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => events.opened());
    socket.addEventListener("message", (event) => this.#receive(event.data));
    socket.addEventListener("error", (event) => {
      if (event.error instanceof Error) events.failed(event.error);
    });
    socket.addEventListener("close", (event) => {
      this.#stopPolling();
      events.ended(event.code, event.reason, event.wasClean);
    });
  }
  socket;
  isClient = true;
  #events;
  #options;
  #cancelPoll = null;
  send(payload) {
    const { socket } = this;
    socket.send(payload);
    if (this.#cancelPoll === null) {
      if (socket.bufferedAmount <= this.#options.highWaterBytes) return true;
      this.#poll();
    }
    return false;
  }
  close(code, reason) {
    this.socket.close(sendableCode(code, true), reason);
  }
  terminate() {
    this.#stopPolling();
    if (this.socket.readyState < ReadyState.CLOSING) this.socket.close();
  }
  #receive(data) {
    if (typeof data === "string") {
      const exact = hub.active || data.length * 3 > this.#options.maxMessageBytes;
      this.#events.message(data, exact ? byteLength(data) : data.length);
    } else if (typeof data.byteLength === "number") {
      this.#events.message(new Uint8Array(data), data.byteLength);
    } else {
      const error = new TransportError("BINARY_TYPE_CHANGED", "websocket: a message came as a Blob: leave binaryType of the socket at arraybuffer");
      this.#events.broken(CloseCode.INTERNAL, error);
    }
  }
  #poll() {
    this.#cancelPoll = this.#options.clock.after(DRAIN_POLL_MS, () => {
      if (this.socket.bufferedAmount > this.#options.highWaterBytes / 2) return this.#poll();
      this.#cancelPoll = null;
      this.#events.drained();
    });
  }
  #stopPolling() {
    this.#cancelPoll?.();
    this.#cancelPoll = null;
  }
};

// packages/transports/src/upgrade-refused-error.ts
var UpgradeRefusedError = class extends TransportError {
  constructor(status, host) {
    super("UPGRADE_REFUSED", `websocket: ${host} refused the upgrade with HTTP ${status}${hintFor(status)}`);
    this.status = status;
  }
  status;
};
function hintFor(status) {
  if (status === 401 || status === 403) return ": check the credentials and the origin";
  if (status >= 300 && status < 400) return ": redirects are not followed, dial the new address";
  if (status === 429 || status === 503) return ": the server is busy, try again later";
  return "";
}

// packages/transports/src/ws-socket.ts
var GATHERED_BYTES = 4096;
function isWs(socket) {
  const { on, terminate } = socket;
  return typeof on === "function" && typeof terminate === "function";
}
var WsSocket = class {
  constructor(socket, events, { highWaterBytes }) {
    this.socket = socket;
    this.#highWaterBytes = highWaterBytes;
    this.isClient = socket._isServer !== true;
    if (socket.binaryType !== "arraybuffer") socket.binaryType = "nodebuffer";
    this.#flushed = () => {
      if (!this.#choked || socket.bufferedAmount > highWaterBytes / 2) return;
      this.#choked = false;
      events.drained();
    };
    socket.on("message", (data, isBinary) => {
      if (isBinary === false) events.message(data.toString(), data.byteLength);
      else deliverBinary(data, events);
    });
    socket.on("open", () => {
      watchErrors(socket, events);
      events.opened();
    });
    socket.on("unexpected-response", (_request, response) => events.refused(response.statusCode ?? 0));
    socket.on("error", (error) => {
      const violation = violationOf(error);
      if (violation) events.broken(violation.code, violation.error);
      else events.failed(error);
    });
    socket.addEventListener("close", (event) => events.ended(event.code, event.reason, event.wasClean));
    watchErrors(socket, events);
  }
  socket;
  isClient;
  #choked = false;
  #gathering = false;
  #flushed;
  #highWaterBytes;
  send(payload) {
    const { socket } = this;
    const bytes2 = typeof payload === "string" ? payload.length : payload.byteLength;
    if (!this.#gathering && bytes2 < GATHERED_BYTES) this.#gather();
    if (!this.#choked && socket.bufferedAmount + bytes2 <= this.#highWaterBytes) {
      socket.send(payload);
      return true;
    }
    this.#choked = true;
    socket.send(payload, this.#flushed);
    return false;
  }
  /** No message waits for another: all leave when the running code has ended, before any timer or I/O. */
  #gather() {
    const tcp = this.socket._socket;
    if (!tcp) return;
    this.#gathering = true;
    tcp.cork();
    queueMicrotask(() => {
      this.#gathering = false;
      tcp.uncork();
    });
  }
  pause() {
    this.socket.pause();
  }
  resume() {
    this.socket.resume();
  }
  close(code, reason) {
    this.socket.close(sendableCode(code, false), reason);
  }
  terminate() {
    this.socket.terminate();
  }
};
function deliverBinary(data, events) {
  if (typeof data === "string") return events.message(data, data.length);
  const bytes2 = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
  events.message(bytes2, bytes2.byteLength);
}
function violationOf(error) {
  const code = codeOf(error);
  if (!code?.startsWith("WS_ERR_")) return null;
  const describe3 = (name, text) => new TransportError(name, `websocket: ${text}: ${error.message}`, { cause: error });
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return { code: 1009, error: describe3("MESSAGE_TOO_BIG", "the peer sent more than maxMessageBytes") };
  if (code === "WS_ERR_TOO_MANY_BUFFERED_PARTS") return { code: 1008, error: describe3("TOO_MANY_FRAGMENTS", "the peer cut a message too small") };
  if (code === "WS_ERR_INVALID_UTF8") return { code: 1007, error: describe3("PROTOCOL_VIOLATION", "the peer sent text that is no UTF-8") };
  return { code: 1002, error: describe3("PROTOCOL_VIOLATION", "the peer broke the WebSocket protocol") };
}
function watchErrors(socket, events) {
  socket._socket?.on("error", (error) => events.failed(error));
}

// packages/transports/src/websocket-transport.ts
var MIB2 = 1024 * 1024;
var MAX_MESSAGE_BYTES = 2 ** 31 - 1;
var MAX_EARLY_BYTES = MIB2;
var WebSocketTransport = class {
  constructor(remote, options, dial3 = null) {
    this.remote = remote;
    this.#dial = dial3;
    const maxMessageBytes = integerOption("maxMessageBytes", options.maxMessageBytes, MIB2, 1, MAX_MESSAGE_BYTES);
    const highWaterBytes = integerOption("highWaterBytes", options.highWaterBytes, MIB2 / 4);
    this.#settings = { maxMessageBytes, highWaterBytes, clock: options.clock ?? systemClock };
    this.features = { text: true, ordered: true, reliable: true, maxMessageBytes };
  }
  remote;
  kind = "websocket";
  features;
  #settings;
  #dial;
  #raw = null;
  #sink = null;
  #opening = null;
  #phase = "new";
  #paused = false;
  /** What the application asked for; the reason is kept because browsers do not give it back. */
  #localClose = null;
  #discarding = false;
  /** Told to the sink, or to be told when there is one. */
  #end = null;
  #cause = null;
  #early = [];
  #earlyBytes = 0;
  /** Takes a raw socket over and listens to it at once. */
  attach(socket) {
    this.#raw = isWs(socket) ? new WsSocket(socket, this, this.#settings) : new BrowserSocket(socket, this, this.#settings);
    if (socket.url) this.remote = socket.url;
    this.#sink?.claim(socket);
    if (socket.readyState === ReadyState.OPEN) this.opened();
    else if (socket.readyState !== ReadyState.CONNECTING) this.#refuse(new TransportError("OPEN_FAILED", "websocket: the wrapped socket was closed already"));
  }
  open(sink, signal) {
    if (this.#sink) return Promise.reject(new TransportError("OPEN_REUSED", "websocket: a transport opens once: make a new one to dial again"));
    this.#sink = sink;
    const abort = () => this.#refuse(new TransportError("OPEN_ABORTED", "websocket: opening was aborted", { cause: signal.reason }));
    const opened = new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
    });
    signal.addEventListener("abort", abort, { once: true });
    if (this.#raw) sink.claim(this.#raw.socket);
    if (signal.aborted && this.#phase !== "open") abort();
    else if (this.#phase === "open") this.#handOverEarly();
    else if (this.#phase === "over") this.#settleOpening();
    else if (this.#dial) void this.#start(this.#dial);
    return opened.finally(() => signal.removeEventListener("abort", abort));
  }
  send(payload) {
    if (this.#phase !== "open" || this.#localClose !== null || this.#end !== null) return false;
    const { maxMessageBytes } = this.#settings;
    const tooBig = typeof payload === "string" ? payload.length * 3 > maxMessageBytes && byteLength(payload) > maxMessageBytes : payload.byteLength > maxMessageBytes;
    if (tooBig) {
      const text = `websocket: a message of ${byteLength(payload)} bytes; at most ${maxMessageBytes} go: split it, or raise maxMessageBytes`;
      throw new TransportError("MESSAGE_TOO_BIG", text);
    }
    const raw = this.#raw;
    const bytes2 = hub.active ? byteLength(payload) : 0;
    const accepted = raw.send(payload);
    if (hub.active) this.#sink?.wire(frameBytes(bytes2, raw.isClient), 0);
    return accepted;
  }
  /** Absent where the platform cannot stop reading: core then gives up on a slow reader instead. */
  get pause() {
    return this.#raw?.pause ? this.#pauseReading : void 0;
  }
  resume() {
    this.#paused = false;
    this.#raw?.resume?.();
  }
  close(code, reason) {
    if (this.#localClose || this.#end) return;
    this.#localClose = { code, reason: truncateCloseReason(reason) };
    if (this.#phase !== "open") {
      this.#refuse(new TransportError("OPEN_ABORTED", "websocket: closed before it was open"));
      this.#finish({ ...this.#localClose, wasClean: true, initiatedBy: "local" });
      return;
    }
    this.#discarding = this.#paused || this.#sink === null;
    this.#raw?.resume?.();
    this.#raw?.close(code, this.#localClose.reason);
  }
  terminate() {
    if (this.#phase !== "open") this.#refuse(new TransportError("OPEN_ABORTED", "websocket: terminated before it was open"));
    this.#finish({ code: 1006, reason: this.#localClose?.reason ?? "", wasClean: false, initiatedBy: "local" });
    this.#raw?.terminate();
  }
  // What the raw socket reports.
  opened() {
    if (this.#phase !== "new") return;
    this.#phase = "open";
    this.#settleOpening();
  }
  message(payload, bytes2) {
    if (this.#end !== null || this.#discarding) return;
    const { maxMessageBytes } = this.#settings;
    if (bytes2 > maxMessageBytes) {
      const text = `websocket: the peer sent a message of ${bytes2} bytes; at most ${maxMessageBytes} are taken (maxMessageBytes)`;
      this.broken(CloseCode.TOO_BIG, new TransportError("MESSAGE_TOO_BIG", text));
      return;
    }
    const sink = this.#sink;
    if (sink === null) {
      this.#keepEarly(payload, bytes2);
      return;
    }
    if (hub.active) sink.wire(0, frameBytes(bytes2, !this.#raw.isClient));
    sink.message(payload);
  }
  drained() {
    if (this.#end === null) this.#sink?.drained();
  }
  refused(status) {
    this.#refuse(new UpgradeRefusedError(status, hostOf(this.remote)));
  }
  broken(code, error) {
    this.#finish({ code, reason: error.code, wasClean: false, initiatedBy: "local", error });
    this.#raw?.resume?.();
    this.#raw?.close(code, error.code);
  }
  failed(error) {
    this.#cause ??= error;
  }
  ended(code, reason, wasClean) {
    if (this.#phase !== "open") {
      const why = this.#cause ? `: ${this.#cause.message}` : " (the platform says no more)";
      this.#refuse(new TransportError("OPEN_FAILED", `websocket: no connection to ${hostOf(this.remote)}${why}`, { cause: this.#cause ?? void 0 }));
      return;
    }
    if (this.#localClose) {
      const told = wasClean ? this.#localClose.code : code;
      this.#finish({ code: told, reason: this.#localClose.reason, wasClean, initiatedBy: "local" });
    } else if (wasClean || code !== 1006) {
      this.#finish({ code, reason, wasClean, initiatedBy: "remote" });
    } else {
      const why = this.#cause ? this.#cause.message : "the other end vanished without a close frame";
      const error = new TransportError("CONNECTION_LOST", `websocket: ${hostOf(this.remote)}: ${why}`, { cause: this.#cause ?? void 0 });
      this.#finish({ code, reason, wasClean, initiatedBy: "network", error });
    }
  }
  #pauseReading = () => {
    this.#paused = true;
    this.#raw?.pause?.();
  };
  async #start(dial3) {
    try {
      const create = await dial3();
      if (this.#phase === "new") this.attach(create());
    } catch (error) {
      const text = `websocket: could not dial ${hostOf(this.remote)}: ${asError(error).message}`;
      this.#refuse(error instanceof LinkscopeError ? error : new TransportError("OPEN_FAILED", text, { cause: error }));
    }
  }
  /** It never opened, and now never will. */
  #refuse(error) {
    if (this.#phase !== "new") return;
    this.#phase = "over";
    this.#cause = error;
    this.#settleOpening();
    this.#raw?.terminate();
  }
  #settleOpening() {
    const opening = this.#opening;
    if (!opening) return;
    this.#opening = null;
    if (this.#phase === "open") opening.resolve();
    else opening.reject(this.#cause);
  }
  #finish(info) {
    if (this.#end) return;
    this.#end = info;
    this.#sink?.closed(info);
  }
  /** ws stops reading, so at most a chunk more comes; elsewhere what waits is bounded by bytes. */
  #keepEarly(payload, bytes2) {
    this.#early.push(payload);
    this.#earlyBytes += bytes2;
    if (this.#raw?.pause) this.#raw.pause();
    else if (this.#earlyBytes > MAX_EARLY_BYTES) {
      this.broken(
        CloseCode.SLOW_READER,
        new TransportError("SLOW_READER", `websocket: ${this.#earlyBytes} bytes came before open(): open the connection sooner`)
      );
    }
  }
  #handOverEarly() {
    this.#settleOpening();
    const early = this.#early;
    const end = this.#end;
    this.#early = [];
    this.#end = null;
    for (const payload of early) this.message(payload, byteLength(payload));
    if (end) this.#finish(end);
    else if (!this.#paused) this.#raw?.resume?.();
  }
};
function hostOf(remote) {
  try {
    return new URL(remote).host;
  } catch {
    return "the other end";
  }
}

// packages/transports/src/ws-options.ts
var CLOSE_TIMEOUT_MS = 5e3;
function wsOptions({ maxMessageBytes = 1024 * 1024, perMessageDeflate = false }) {
  return {
    maxPayload: maxMessageBytes,
    maxFragments: Math.max(1024, Math.ceil(maxMessageBytes / 1024)),
    maxBufferedChunks: Math.max(4096, Math.ceil(maxMessageBytes / 256)),
    closeTimeout: CLOSE_TIMEOUT_MS,
    perMessageDeflate
  };
}

// packages/transports/src/dial.ts
var NODE_ONLY = ["headers", "cookies", "agent", "ca", "perMessageDeflate"];
var isNode = typeof WebSocket?.prototype?.on === "function";
function dialWebSocket(url, options = {}) {
  for (const name of NODE_ONLY) {
    if (!isNode && options[name] !== void 0) throw new TypeError(`${name}: browsers let no script set it: leave the option out here`);
  }
  const fixed = typeof url === "function" ? null : parseUrl(url);
  const cookie = options.cookies && cookieHeader(options.cookies);
  async function dial3() {
    const target = fixed ?? parseUrl(await url());
    const headers = typeof options.headers === "function" ? await options.headers() : options.headers;
    return () => createSocket(target, options, cookie ? { ...headers, Cookie: cookie } : headers);
  }
  return new WebSocketTransport(fixed?.href ?? "websocket (address computed per dial)", options, dial3);
}
function createSocket(url, options, headers) {
  const protocols = [...options.protocols ?? []];
  if (!isNode) return new WebSocket(url.href, protocols);
  return new WebSocket(url.href, protocols, {
    ...wsOptions(options),
    followRedirects: false,
    ...headers && { headers },
    ...options.agent && { agent: options.agent },
    ...options.ca && { ca: options.ca }
  });
}
function parseUrl(given) {
  const base = globalThis.location?.href;
  const url = tryParse(given, base);
  if (!url || !/^(ws|http)s?:$/.test(url.protocol) || !url.host) {
    throw new TransportError(
      "URL_INVALID",
      `websocket: expected an absolute ws:, wss:, http: or https: URL, got ${JSON.stringify(withoutSecrets2(String(given)))}`
    );
  }
  const parsed = new URL(url.href.replace(/^http/, "ws"));
  parsed.hash = "";
  return parsed;
}
function tryParse(given, base) {
  try {
    return new URL(given, base);
  } catch {
    return null;
  }
}
function withoutSecrets2(text) {
  return text.replace(/\/\/.*@/s, "//").replace(/[?#].*$/s, "").slice(0, 80);
}
var NOT_IN_COOKIES = /[^\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]/;
function cookieHeader(cookies) {
  return Object.entries(cookies).map(([name, value]) => {
    if (NOT_IN_COOKIES.test(name) || name.includes("=") || NOT_IN_COOKIES.test(value)) {
      throw new TypeError(`cookies: ${JSON.stringify(name)} holds a character no cookie may (RFC 6265): encode it first`);
    }
    return `${name}=${value}`;
  }).join("; ");
}

// packages/transports/src/wrap.ts
function wrapWebSocket(socket, options = {}) {
  if (typeof socket?.addEventListener !== "function" || typeof socket.send !== "function" || typeof socket.readyState !== "number") {
    throw new TypeError("wrapWebSocket expects a WebSocket (send, addEventListener, readyState): of a browser, of ws, of undici");
  }
  const transport = new WebSocketTransport(options.remote ?? "websocket", options);
  transport.attach(socket);
  return transport;
}

// packages/linkscope/src/connection.ts
var Connection2 = class extends Connection {
  opensItself;
  established = null;
  /** @throws TypeError where `source` is neither. */
  constructor(source, options = {}) {
    const opensItself = !isTransport(source);
    super(opensItself ? wrapWebSocket(source, options) : source, opensItself ? withDefaultPlugins(options) : options);
    this.opensItself = opensItself;
    if (opensItself) queueMicrotask(() => this.openQuietly());
  }
  /** As in core; over a raw socket it may be called any number of times and waits for the one opening. */
  open(signal) {
    if (!this.opensItself) return super.open(signal);
    this.established ??= super.open(signal);
    return this.established;
  }
  openQuietly() {
    if (this.state === "INITIALIZING") this.open().catch(() => {
    });
  }
};
function withDefaultPlugins(options) {
  return { ...options, plugins: options.plugins ?? [new StatisticsPlugin(), new NetworkPlugin()] };
}
function isTransport(source) {
  const shape = source;
  if (typeof shape?.open === "function" && typeof shape.kind === "string") return true;
  if (typeof shape?.readyState === "number" && typeof shape.send === "function" && typeof shape.addEventListener === "function") return false;
  throw new TypeError(`Connection takes a transport or a WebSocket, got ${source === null ? "null" : typeof source}; to dial a URL use connect(url)`);
}

// packages/linkscope/src/connect.ts
async function connect(url, options = {}) {
  const connection = new Connection2(dialWebSocket(String(url), options), withDefaultPlugins(options));
  await connection.open(options.signal);
  return connection;
}

// packages/transports/src/listener.ts
import { createServer, STATUS_CODES } from "node:http";
import { WebSocketServer } from "ws";

// packages/transports/src/listener-options.ts
function checkedListenerOptions(options) {
  if (options.server && (options.port !== void 0 || options.host !== void 0)) {
    throw new TypeError("server: an attached listener has the port and host of that server: leave port and host out");
  }
  if (options.path !== void 0 && !options.path.startsWith("/")) throw new TypeError(`path must start with '/', got ${JSON.stringify(options.path)}`);
  integerOption("maxMessageBytes", options.maxMessageBytes, 1, 1, MAX_MESSAGE_BYTES);
  integerOption("highWaterBytes", options.highWaterBytes, 1);
  return {
    port: integerOption("port", options.port, 0, 0, 65535),
    host: options.host ?? "127.0.0.1",
    upgradeTimeoutMs: numberOption("upgradeTimeoutMs", options.upgradeTimeoutMs, 1e4),
    maxConnections: integerOption("maxConnections", options.maxConnections, 1e4, 1),
    closeTimeoutMs: numberOption("closeTimeoutMs", options.closeTimeoutMs, 5e3),
    clock: options.clock ?? systemClock
  };
}
function isOriginAllowed(origins, origin, host) {
  if (typeof origins === "function") return origins(origin);
  if (origin === void 0) return true;
  if (origins) return origins.includes(origin);
  const page = hostnameOf(origin);
  return page !== null && page === hostnameOf(`http://${host}`);
}
function hostnameOf(url) {
  try {
    return new URL(url).hostname || null;
  } catch {
    return null;
  }
}

// packages/transports/src/listener.ts
function createWebSocketListener(options = {}) {
  return new Listener(options, checkedListenerOptions(options));
}
var Listener = class {
  onTransport = new Emitter();
  #options;
  #settings;
  #server;
  #upgrader;
  #transports = /* @__PURE__ */ new Map();
  /** Connections of the own server that have not upgraded yet, each with its timer. */
  #waiting = /* @__PURE__ */ new Map();
  #listening = null;
  #closing = null;
  #allGone = null;
  constructor(options, settings) {
    this.#options = options;
    this.#settings = settings;
    this.#server = options.server ?? this.#createOwnServer();
    this.#upgrader = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      ...wsOptions(options),
      // To agree on a protocol nobody here speaks would be a lie to the client.
      handleProtocols: (offered) => [...offered].find((protocol) => options.protocols?.includes(protocol)) ?? false
    });
  }
  get connectionCount() {
    return this.#transports.size;
  }
  listen() {
    if (this.#closing) return Promise.reject(new TransportError("LISTEN_FAILED", "websocket: the listener was closed: create a new one"));
    this.#listening ??= this.#startListening();
    return this.#listening;
  }
  close() {
    this.#closing ??= this.#closeInOrder();
    return this.#closing;
  }
  async #startListening() {
    const server = this.#server;
    server.on("upgrade", this.#onUpgrade);
    if (!server.listening) {
      await new Promise((resolve, reject) => {
        const succeeded = () => {
          server.off("error", failed);
          resolve();
        };
        const failed = (error) => {
          server.off("listening", succeeded);
          server.off("upgrade", this.#onUpgrade);
          reject(this.#listenError(error));
        };
        server.once("error", failed);
        server.once("listening", succeeded);
        if (!this.#options.server) server.listen(this.#settings.port, this.#settings.host);
      });
    }
    return this.#address();
  }
  #address() {
    const { address, port, family } = this.#server.address();
    const isEverywhere = address === "0.0.0.0" || address === "::";
    const host = isEverywhere ? "localhost" : family === "IPv6" ? `[${address}]` : address;
    const scheme = "setSecureContext" in this.#server ? "wss" : "ws";
    return { port, url: `${scheme}://${host}:${port}${this.#options.path ?? "/"}` };
  }
  #listenError(error) {
    const { host, port } = this.#settings;
    const where = this.#options.server ? "the port of the given server" : `port ${port} of ${host}`;
    const why = codeOf(error) === "EADDRINUSE" ? "is taken: choose another, or 0 for a free one" : `cannot be listened on: ${error.message}`;
    return new TransportError("LISTEN_FAILED", `websocket: ${where} ${why}`, { cause: error });
  }
  #createOwnServer() {
    const server = createServer((_request, response) => {
      response.writeHead(426, { Connection: "close", "Content-Type": "text/plain" }).end("This port speaks WebSocket only.\n");
    });
    server.maxConnections = 2 * this.#settings.maxConnections;
    server.on("connection", (socket) => {
      const cancel = this.#settings.clock.after(this.#settings.upgradeTimeoutMs, () => socket.destroy());
      this.#waiting.set(socket, cancel);
      socket.once("close", () => this.#stopWaiting(socket));
    });
    return server;
  }
  #stopWaiting(socket) {
    this.#waiting.get(socket)?.();
    this.#waiting.delete(socket);
  }
  #onUpgrade = (request, socket, head) => {
    const { path, origins, server } = this.#options;
    if (path !== void 0 && request.url?.split("?", 1)[0] !== path) {
      if (!server || this.#server.listenerCount("upgrade") === 1) refuse(socket, 404, "no WebSocket at this path");
      return;
    }
    const { origin, host } = request.headers;
    if (this.#closing) return refuse(socket, 503, "shutting down");
    if (!isOriginAllowed(origins, origin, host)) return refuse(socket, 403, "this origin may not connect: the server lists who may in `origins`");
    if (this.#transports.size >= this.#settings.maxConnections) return refuse(socket, 503, "too many connections");
    this.#upgrader.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket, request));
  };
  #accept(webSocket, request) {
    const { remoteAddress, remotePort } = request.socket;
    this.#stopWaiting(request.socket);
    const { maxMessageBytes, highWaterBytes, clock } = this.#options;
    const transport = wrapWebSocket(webSocket, { maxMessageBytes, highWaterBytes, clock, remote: `${remoteAddress}:${remotePort}` });
    this.#transports.set(webSocket, transport);
    webSocket.on("close", () => {
      this.#transports.delete(webSocket);
      if (this.#transports.size === 0) this.#allGone?.();
    });
    if (this.onTransport.count === 0) return transport.close(1013, "nobody takes connections yet");
    const { url = "/", headers } = request;
    this.onTransport.emit({ transport, request: { url, headers, origin: headers.origin, remoteAddress, protocol: webSocket.protocol } });
  }
  async #closeInOrder() {
    if (!this.#options.server) await this.#listening?.catch(() => {
    });
    const server = this.#server;
    const { closeTimeoutMs, clock } = this.#settings;
    server.off("upgrade", this.#onUpgrade);
    const gone = new Promise((resolve) => {
      this.#allGone = resolve;
      if (this.#transports.size === 0) resolve();
    });
    for (const transport of this.#transports.values()) transport.close(1001, "server shutting down");
    const terminateAll = () => {
      for (const transport of this.#transports.values()) transport.terminate();
    };
    const cancel = clock.after(closeTimeoutMs, terminateAll, { keepAlive: true });
    const stopped = this.#options.server || !server.listening ? void 0 : new Promise((resolve) => server.close(() => resolve()));
    for (const socket of [...this.#waiting.keys()]) socket.destroy();
    await gone;
    await stopped;
    cancel();
  }
};
function refuse(socket, status, text) {
  socket.on("error", () => socket.destroy());
  socket.once("finish", () => socket.destroy());
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, "Connection: close", "Content-Type: text/plain", `Content-Length: ${Buffer.byteLength(text)}`];
  socket.end(`${head.join("\r\n")}\r
\r
${text}`);
}

// packages/linkscope/src/listen.ts
async function listen(options) {
  if (typeof options?.onConnection !== "function") throw new TypeError("onConnection must be a function: listen({ onConnection(connection) { \u2026 } })");
  const listener = createWebSocketListener(options);
  listener.onTransport.on((accepted) => accept(accepted, options));
  const { port, url } = await listener.listen();
  return {
    port,
    url,
    get connectionCount() {
      return listener.connectionCount;
    },
    close: () => listener.close()
  };
}
function accept({ transport, request }, options) {
  try {
    const connection = new Connection2(transport, withDefaultPlugins({ ...options, initiator: false, plugins: options.plugins?.(request) }));
    options.onConnection(connection, request);
    connection.open().catch(() => {
    });
  } catch (error) {
    transport.close(1011, "internal error");
    throw error;
  }
}

// packages/linkscope/src/cli/usage.ts
var USAGE = `linkscope <command> [options]

  demo          start a local server and the page, drive traffic, show log and report
  check <url>   dial a WebSocket server and say how it went

  -h, --help    help, also of a command
  -v, --version
  --no-color    plain text; the variable NO_COLOR does the same`;
var DEMO_USAGE = `linkscope demo [options]

  --once          end after the traffic and its report (exit code 0)
  --port <n>      port of the page and the server; a taken one gives way to a free one (default 4180)
  --host <name>   address to listen on (default 127.0.0.1: this machine only)
  --no-color`;
var CHECK_USAGE = `linkscope check <url> [options]

  --pings <n>      round trips to measure (default 5; 0 for none)
  --timeout <s>    how long the server may take (default 10)
  --no-color

Exit code 0: it opened, answered and closed in good order; 1: it did not; 2: the arguments make no sense.`;
var UsageError = class extends Error {
};
function usageNumber(option, text, fallback, max) {
  if (text === void 0) return fallback;
  if (!/^\d{1,9}$/.test(text) || Number(text) > max) throw new UsageError(`${option} must be a whole number from 0 to ${max}, got ${JSON.stringify(text)}`);
  return Number(text);
}

// packages/linkscope/src/cli/check.ts
async function check(url, { pings, timeoutMs }, output) {
  const uninstall = installInstrumentation();
  try {
    const socket = dial(url);
    const connection = new Connection2(socket, { plugins: [], openTimeoutMs: timeoutMs });
    const snapshot = () => getConnectionInstrumentationStats().connections.find(({ id }) => id === connection.id);
    try {
      await connection.open();
      output.line(snapshot()?.url ?? "");
      for (const { name, durationMs, budgetMs } of snapshot()?.stages ?? []) {
        if (name === "connect") output.line(`  ${name.padEnd(9)} ${ms(durationMs)}${budgetMs === null ? "" : ` (budget ${ms(budgetMs)})`}`);
      }
      if (pings > 0) output.line(`  latency   ${summary(await measure(socket, pings, timeoutMs))}`);
    } catch (error) {
      output.error(`${error.message}${codeOf(error) ? ` [${codeOf(error)}]` : ""}`);
      await connection.close();
      output.line(`  verdict   ${snapshot()?.close?.verdict.word ?? "unknown"}`);
      return 1;
    }
    await connection.close("check done");
    const close = snapshot()?.close;
    output.line(`  closed    ${close?.code} ${close?.verdict.word}, by ${close?.initiatedBy}`);
    return close?.wasClean ? 0 : 1;
  } finally {
    uninstall();
  }
}
function dial(url) {
  try {
    return new WebSocket2(url, { perMessageDeflate: false });
  } catch {
    throw new UsageError("linkscope check needs an absolute ws: or wss: URL, such as ws://127.0.0.1:4180/ws");
  }
}
async function measure(socket, count, timeoutMs) {
  const times = [];
  for (let i = 0; i < count; i++) {
    const sentAt = systemClock.now();
    await new Promise((resolve, reject) => {
      const cancel = systemClock.after(timeoutMs, () => reject(new Error(`no pong within ${timeoutMs} ms`)), { keepAlive: true });
      socket.once("pong", () => {
        cancel();
        resolve();
      });
      socket.once("close", () => {
        cancel();
        reject(new Error("the connection ended while its latency was measured"));
      });
      socket.ping();
    });
    times.push(systemClock.now() - sentAt);
  }
  return times.sort((a, b) => a - b);
}
function summary(times) {
  const at = (share2) => ms(times[Math.floor((times.length - 1) * share2)]);
  return `${at(0)} to ${at(1)}, median ${at(0.5)}, of ${times.length} round trips`;
}
function ms(value) {
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)} s` : `${value.toFixed(1)} ms`;
}

// packages/linkscope/src/cli/demo.ts
import { fileURLToPath } from "node:url";
import ws from "ws";

// packages/linkscope/src/cli/demo-server.ts
import { createServer as createServer2 } from "node:http";

// packages/linkscope/src/cli/demo-peers.ts
var MAX_SESSIONS = 1e3;
var DemoPeers = class {
  /** Of clients that are no browser. */
  counted = { connections: 0, messagesReceived: 0, messagesSent: 0 };
  #sessions = /* @__PURE__ */ new Map();
  serve(connection, origin) {
    const count = origin === void 0 ? this.counted : { connections: 0, messagesReceived: 0, messagesSent: 0 };
    count.connections++;
    connection.onMessage.on((message) => {
      count.messagesReceived++;
      const reply = this.#answer(connection, message);
      if (reply === null || connection.state !== "ACTIVE") return;
      connection.send(reply);
      count.messagesSent++;
    });
  }
  #answer(connection, message) {
    const { type, session } = parse(message);
    switch (type) {
      case "auth":
        return JSON.stringify({ type: "challenge", nonce: "a3f1", algorithm: "demo" });
      case "response":
        if (typeof session === "string") this.#remember(session, connection);
        return JSON.stringify({ type: "auth_success", session: "demo", capabilities: ["sync"] });
      case "heartbeat":
        return JSON.stringify({ type: "ack" });
      case "query":
        return JSON.stringify({ type: "response", endpoints: ["/ws", "/link"] });
      case "chunk":
        return JSON.stringify({ type: "sync_ack" });
      case "fail":
        connection.terminate();
        return null;
      default:
        return message;
    }
  }
  /** A second login of a session takes over from the first. */
  #remember(session, connection) {
    this.#sessions.get(session)?.close("Close called: New connection replaced old one");
    if (this.#sessions.size >= MAX_SESSIONS) return;
    this.#sessions.set(session, connection);
    connection.onClose.on(() => {
      if (this.#sessions.get(session) === connection) this.#sessions.delete(session);
    });
  }
};
function parse(message) {
  if (typeof message !== "string" || !message.startsWith("{")) return {};
  try {
    return JSON.parse(message);
  } catch {
    return {};
  }
}

// packages/linkscope/src/cli/page-files.ts
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
var TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".map": "application/json"
};
var HEADERS = {
  // The page's form may dial any WebSocket; everything else comes from here and nothing is inline.
  "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cache-Control": "no-cache"
};
function servePage(folder, hosts) {
  const files = readFiles(folder);
  return (request, response) => {
    if (hosts && !hosts.includes(hostnameOf2(request))) return answer(response, 403, "This host name is not served here.");
    if (request.method !== "GET" && request.method !== "HEAD") return answer(response, 405, "Only GET and HEAD.");
    const path = (request.url ?? "/").replace(/[?#].*$/s, "");
    const file = files.get(path === "/" ? "/index.html" : path);
    if (!file) return answer(response, 404, files.size === 0 ? "The page is not built yet: npm run build" : "Not found.");
    response.writeHead(200, { ...HEADERS, "Content-Type": file.type, "Content-Length": file.body.byteLength });
    response.end(request.method === "HEAD" ? void 0 : file.body);
  };
}
function readFiles(folder) {
  const files = /* @__PURE__ */ new Map();
  for (const entry of listFolder(folder)) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    files.set(`/${relative(folder, file).split(sep).join("/")}`, {
      type: TYPES[extname(entry.name)] ?? "application/octet-stream",
      body: readFileSync(file)
    });
  }
  return files;
}
function listFolder(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: true });
  } catch {
    return [];
  }
}
function hostnameOf2(request) {
  return (request.headers.host ?? "").replace(/:\d+$/, "");
}
function answer(response, status, text) {
  response.writeHead(status, { ...HEADERS, "Content-Type": "text/plain; charset=utf-8" }).end(`${text}
`);
}

// packages/linkscope/src/cli/demo-server.ts
async function startDemoServer(options) {
  const isLoopback = /^(127\.|localhost$|::1$)/.test(options.host);
  const http = createServer2(servePage(options.page, isLoopback ? ["127.0.0.1", "localhost", "[::1]", options.host] : null));
  const movedFrom = await listenOrMove(http, options);
  const peers = new DemoPeers();
  const foreign = await listen({ server: http, path: "/ws", onConnection: (connection, { origin }) => peers.serve(connection, origin) });
  const own = await listen({ server: http, path: "/link", plugins: linkPlugins, onConnection: answerRequests });
  http.on("upgrade", (request, socket) => {
    if (/^\/(ws|link)(\?|$)/.test(request.url ?? "")) return;
    socket.on("error", () => socket.destroy());
    socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  const { port, family, address } = http.address();
  const host = `${family === "IPv6" ? `[${address}]` : address}:${port}`;
  return { url: `http://${host}/`, wsUrl: `ws://${host}/ws`, linkUrl: `ws://${host}/link`, movedFrom, peers, close: () => closeAll(http, [foreign, own]) };
}
async function listenOrMove(http, { port, host }) {
  try {
    await listenOn(http, port, host);
    return null;
  } catch (error) {
    if (error.code !== "EADDRINUSE") throw error;
    await listenOn(http, 0, host);
    return port;
  }
}
function listenOn(http, port, host) {
  return new Promise((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, host, () => {
      http.off("error", reject);
      resolve();
    });
  });
}
function linkPlugins() {
  return [new PingPongPlugin({ intervalMs: 1e3 }), new StatisticsPlugin(), new CompressionPlugin(), new TypedMessagesPlugin()];
}
function answerRequests(connection) {
  connection.plugin("typed-messages").onRequest("time", () => ({ uptimeMs: Math.round(performance.now()) }));
  connection.onMessage.on((message) => connection.send(message));
}
async function closeAll(http, listeners) {
  await Promise.all(listeners.map((listener) => listener.close()));
  await new Promise((resolve) => {
    http.close(() => resolve());
    http.closeAllConnections();
  });
}

// packages/linkscope/src/cli/demo-traffic.ts
import { once } from "node:events";
import { WebSocket as WebSocket3 } from "ws";
async function ask(socket, message) {
  socket.send(JSON.stringify(message));
  await once(socket, "message");
}
async function dial2(url) {
  const socket = new WebSocket3(url);
  await once(socket, "open");
  return socket;
}
async function login(url, session) {
  const socket = await dial2(url);
  await ask(socket, { type: "auth", identity: "demo", timestamp: 0 });
  await ask(socket, { type: "response", proof: "demo", session });
  return socket;
}
async function driveTraffic({ wsUrl, linkUrl }, clock, paceMs) {
  const pause = () => new Promise((resolve) => clock.after(paceMs, resolve, { keepAlive: true }));
  const control = await login(wsUrl, "control");
  await ask(control, { type: "heartbeat" });
  await pause();
  const discovery = await dial2(wsUrl);
  await ask(discovery, { type: "query", what: "endpoints" });
  discovery.close(1e3, "Close called.");
  await once(discovery, "close");
  await pause();
  const data = await login(wsUrl, "data");
  for (let chunk = 1; chunk <= 30; chunk++) await ask(data, { type: "chunk", chunk, objects: "x".repeat(760 + chunk) });
  await pause();
  const replaced = await login(wsUrl, "session");
  const closed = once(replaced, "close");
  const successor = await login(wsUrl, "session");
  await closed;
  await pause();
  await failing(wsUrl.replace(/ws$/, "nowhere"));
  const cut2 = await dial2(wsUrl);
  cut2.on("error", () => {
  });
  cut2.send(JSON.stringify({ type: "fail" }));
  await once(cut2, "close");
  await pause();
  const link = await connect(linkUrl, { plugins: linkPlugins(), label: "linkscope", tags: { purpose: "demo" } });
  await talk(link);
  while (link.state === "ACTIVE" && link.plugin("ping-pong").rttMs === null) await pause();
  await ask(control, { type: "heartbeat" });
  await pause();
  return {
    async close() {
      await link.close();
      const ends = [control, data, successor].map((socket) => once(socket, "close"));
      for (const socket of [control, data, successor]) socket.close(1e3, "Close called.");
      await Promise.all(ends);
    }
  };
}
function failing(url) {
  return new Promise((resolve) => {
    const socket = new WebSocket3(url);
    socket.on("error", () => {
    });
    socket.on("close", () => resolve());
  });
}
async function talk(link) {
  const typed = link.plugin("typed-messages");
  await typed.request({ type: "time" });
  const messages = link.messages();
  link.send(`a text that compresses well: ${"linkscope ".repeat(200)}`);
  link.send(new Uint8Array(2048));
  for (let received = 0; received < 2; received++) await messages.next();
  await messages.return?.();
}

// packages/linkscope/src/cli/demo.ts
var SHOWN_IN_A_ROW = 8;
async function demo(options, output, process2) {
  const { once: once2, port, host, paceMs = 150, clock = systemClock } = options;
  const page = options.page ?? fileURLToPath(new URL("./playground/", import.meta.url));
  const stopped = untilStopped(process2);
  const server = await startDemoServer({ port, host, page });
  const uninstall = observe(server, output);
  try {
    if (server.movedFrom !== null) output.line(`Port ${server.movedFrom} is taken; this free one is used instead.`);
    output.line(`Serving ${server.url} (WebSocket at ${server.wsUrl})`);
    output.title("Live log");
    const traffic = await driveTraffic(server, clock, paceMs);
    output.title("Report");
    output.line(String(getConnectionInstrumentationReport()));
    output.line(compare(server));
    await traffic.close();
    uninstall();
    if (!once2) {
      output.title(`Open ${server.url} to watch connections live. Ctrl-C ends it.`);
      await stopped.promise;
      output.line("\nClosing \u2026");
    }
    return 0;
  } finally {
    uninstall();
    stopped.forget();
    await server.close();
  }
}
function observe(server, output) {
  const uninstall = installInstrumentation({
    label: "DEMO",
    // The server runs in this process too; its ends of the same connections are left out.
    include: [new URL("/", server.wsUrl).href],
    log: { sink: shortened((line2) => output.faint(line2)) }
  });
  const restoreWs = instrumentWs(ws);
  return () => {
    restoreWs();
    uninstall();
  };
}
function shortened(show2) {
  let inARow = 0;
  return (line2) => {
    if (/ message (sent|received): /.test(line2)) {
      if (++inARow <= SHOWN_IN_A_ROW) show2(line2);
      return;
    }
    if (inARow > SHOWN_IN_A_ROW) show2(`        \u2026 and ${inARow - SHOWN_IN_A_ROW} messages more`);
    inARow = 0;
    show2(line2);
  };
}
function compare({ peers, wsUrl }) {
  const { counted } = peers;
  const seen = getConnectionInstrumentationStats().connections.filter(({ url, messageCount }) => url === wsUrl && messageCount > 0);
  const sum2 = (field) => seen.reduce((total, connection) => total + connection[field], 0);
  const serverSays = `${counted.connections} connections, ${counted.messagesReceived} messages in, ${counted.messagesSent} out`;
  const statsSay = `${seen.length} connections, ${sum2("messagesSent")} messages in, ${sum2("messagesReceived")} out`;
  return `The server counted by itself: ${serverSays}. ${serverSays === statsSay ? "The stats say the same." : `The stats say: ${statsSay}.`}`;
}
function untilStopped(process2) {
  let stop = () => {
  };
  const promise = new Promise((resolve) => {
    stop = resolve;
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process2.once(signal, stop);
  return {
    promise,
    forget: () => {
      for (const signal of ["SIGINT", "SIGTERM"]) process2.off(signal, stop);
    }
  };
}

// packages/linkscope/src/cli/output.ts
import { styleText } from "node:util";
function createOutput({ stdout, stderr, env }, noColor) {
  const isColored = stdout.isTTY === true && !noColor && !env.NO_COLOR;
  const paint = (style, text) => isColored ? styleText(style, text) : text;
  return {
    line: (text = "") => void stdout.write(`${text}
`),
    title: (text) => void stdout.write(`
${paint("bold", text)}
`),
    faint: (text) => void stdout.write(`${paint("dim", text)}
`),
    error: (text) => void stderr.write(`linkscope: ${text}
`)
  };
}

// packages/linkscope/src/cli/run-cli.ts
var common = { help: { type: "boolean", short: "h" }, "no-color": { type: "boolean" } };
async function runCli(args, process2) {
  const output = createOutput(process2, args.includes("--no-color"));
  try {
    const [command, ...rest] = args;
    if (command === "demo") return await runDemo(rest, output, process2);
    if (command === "check") return await runCheck(rest, output);
    return runBare(args, output);
  } catch (error) {
    if (!isUsageError(error)) throw error;
    output.error(`${error.message}
Try: linkscope --help`);
    return 2;
  }
}
async function runDemo(args, output, process2) {
  const { values } = parseArgs({ args, options: { ...common, once: { type: "boolean" }, port: { type: "string" }, host: { type: "string" } } });
  if (values.help) return show(output, DEMO_USAGE);
  return demo({ once: values.once ?? false, port: usageNumber("--port", values.port, 4180, 65535), host: values.host ?? "127.0.0.1" }, output, process2);
}
async function runCheck(args, output) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...common, pings: { type: "string" }, timeout: { type: "string" } }
  });
  if (values.help) return show(output, CHECK_USAGE);
  const [url, ...more] = positionals;
  if (url === void 0 || more.length > 0) throw new UsageError(`linkscope check takes one URL, got ${positionals.length}`);
  const pings = usageNumber("--pings", values.pings, 5, 1e3);
  const timeoutMs = usageNumber("--timeout", values.timeout, 10, 3600) * 1e3;
  return check(url, { pings, timeoutMs }, output);
}
function runBare(args, output) {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { ...common, version: { type: "boolean", short: "v" } } });
  if (positionals.length > 0) throw new UsageError(`there is no command ${JSON.stringify(positionals[0])}: linkscope knows demo and check`);
  if (values.version) return show(output, version());
  if (values.help) return show(output, USAGE);
  throw new UsageError("linkscope needs a command: demo or check");
}
function show(output, text) {
  output.line(text);
  return 0;
}
function version() {
  return JSON.parse(readFileSync2(new URL("../package.json", import.meta.url), "utf8")).version;
}
function isUsageError(error) {
  return error instanceof UsageError || String(error?.code).startsWith("ERR_PARSE_ARGS_");
}

// packages/linkscope/src/cli.ts
process.exitCode = await runCli(process.argv.slice(2), process);
