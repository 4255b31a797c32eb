import { type AbortSignal, asError, type Clock, Emitter, integerOption, numberOption, type Subscribable, systemClock, type Unsubscribe } from '@linkscope/core';
import { boundedCall } from '../fleet-pool/bounded-call.js';
import { nodeTimeout, unknownNode } from '../fleet-pool/fleet-error.js';
import type { AdaptiveMonitor } from '../monitor/adaptive-monitor.js';
import { checkedLevel, type MonitoringLevel } from '../monitor/levels.js';
import { AbortableAttempt, LazyAttempt } from '../policies/lazy-attempt.js';
import { exponential } from '../retry/backoffs.js';
import { Places } from './places.js';
import { priorityOf, Subscriber, type SubscriptionPriority } from './subscriber.js';

export interface SubscriptionManagerOptions {
	/** May be called again for topics that are subscribed already. A rejection is tried again. */
	readonly subscribe: (topics: readonly string[], node: string, signal: AbortSignal) => unknown;
	/** May be called for topics that are not subscribed: what came of a failed call nobody knows. */
	readonly unsubscribe: (topics: readonly string[], node: string, signal: AbortSignal) => unknown;
	/** Topics that may exist at a time. Default 300. */
	readonly budget?: number;
	/** Of one node, at least one and always the same. Default: the three of seeds/000, below `node/<id>/`. */
	readonly topics?: (node: string) => readonly string[];
	/** How long a call may take. Default 8,000. */
	readonly operationTimeoutMs?: number;
	readonly clock?: Clock;
}

export interface SubscriptionInfo {
	readonly node: string;
	readonly topics: readonly string[];
	readonly priority: SubscriptionPriority;
	readonly state: 'waiting' | 'subscribing' | 'subscribed' | 'unsubscribing';
}

export type SubscriptionEvent =
	| { readonly type: 'subscribed'; readonly node: string; readonly topics: readonly string[] }
	/** Evicted: others are more important. Yielded: it could not be subscribed, and others wait. */
	| { readonly type: 'unsubscribed'; readonly node: string; readonly topics: readonly string[]; readonly reason: 'evicted' | 'yielded' | 'removed' }
	| { readonly type: 'failed'; readonly node: string; readonly action: 'subscribe' | 'unsubscribe'; readonly error: Error; readonly retryInMs: number };

/** Failed tries after which a node lets others try that are as important. */
const TRIES_BEFORE_YIELDING = 3;

const backoff = exponential({ baseDelayMs: 2_000, maxDelayMs: 60_000 });

const seedTopics = (node: string): readonly string[] => ['params/remote', 'otaurl', 'to-node'].map((topic) => `node/${node}/${topic}`);

/** Subscribes the topics of the most important nodes, as many as the budget allows: the others wait, and come when there is room. */
export class SubscriptionManager {
	readonly onEvent: Subscribable<SubscriptionEvent>;
	readonly #events = new Emitter<SubscriptionEvent>();
	readonly #options: Required<SubscriptionManagerOptions>;
	readonly #places: Places;
	readonly #nodes = new Map<string, Subscriber>();
	readonly #attempt = new AbortableAttempt(1, new LazyAttempt(1));

	/** @throws RangeError, TypeError naming the option. */
	constructor(options: SubscriptionManagerOptions) {
		const { subscribe, unsubscribe, topics = seedTopics, clock = systemClock } = options;
		for (const [name, option] of Object.entries({ subscribe, unsubscribe, topics })) {
			if (typeof option !== 'function') throw new TypeError(`${name} must be a function, got ${typeof option}`);
		}
		const budget = integerOption('budget', options.budget, 300, 1);
		const operationTimeoutMs = numberOption('operationTimeoutMs', options.operationTimeoutMs, 8_000, 1);
		this.#options = { subscribe, unsubscribe, topics, clock, budget, operationTimeoutMs };
		this.#places = new Places(budget);
		this.onEvent = this.#events;
	}

	/** Topics that exist, or may. */
	get used(): number {
		return this.#places.used;
	}

	/** @throws FleetError NODE_UNKNOWN. */
	subscription(id: string): SubscriptionInfo {
		return infoOf(this.#find(id));
	}

	*subscriptions(): IterableIterator<SubscriptionInfo> {
		for (const subscriber of this.#nodes.values()) if (!subscriber.isRemoved) yield infoOf(subscriber);
	}

	/**
	 * Takes a node on; one that is known gets the level.
	 * @throws RangeError where it has no topics, or more than the budget.
	 */
	add(id: string, level: MonitoringLevel): void {
		const priority = priorityOf(checkedLevel(level));
		const known = this.#nodes.get(id);
		if (known) known.isRemoved = false;
		if (known) this.#places.setPriority(known, priority);
		else this.#places.wait(this.#create(id, priority));
		this.#assign();
	}

	/** @throws FleetError NODE_UNKNOWN, RangeError. */
	setLevel(id: string, level: MonitoringLevel): void {
		const subscriber = this.#find(id);
		const priority = priorityOf(checkedLevel(level));
		if (priority === subscriber.priority) return;
		this.#places.setPriority(subscriber, priority);
		this.#assign();
	}

	/** Its topics are unsubscribed where they are not yet. @returns whether the node was known. */
	remove(id: string): boolean {
		const subscriber = this.#nodes.get(id);
		if (!subscriber || subscriber.isRemoved) return false;
		subscriber.isRemoved = true;
		if (subscriber.place === 'none') {
			this.#places.leaveQueue(subscriber);
			this.#nodes.delete(id);
		} else if (subscriber.place === 'held') this.#leave(subscriber);
		this.#assign();
		return true;
	}

	/** Has the nodes and levels of a monitor from now on. @returns its undo. */
	follow(monitor: AdaptiveMonitor): Unsubscribe {
		for (const { id, level } of monitor.nodes()) this.add(id, level);
		return monitor.onEvent.on((event) => {
			if (event.type === 'added') this.add(event.node, event.level);
			else if (event.type === 'removed') this.remove(event.node);
			else if (event.type === 'level') for (const node of event.nodes) if (this.#nodes.has(node)) this.setLevel(node, event.level);
		});
	}

	/** Calls nothing more, gives up what runs, and leaves no timer. What is subscribed stays so. */
	stop(): void {
		this.#attempt.abort(new Error('the subscription manager was stopped'));
		for (const { cancelRest } of this.#nodes.values()) cancelRest?.();
	}

	#assign(): void {
		if (this.#attempt.ended) return;
		for (let next = this.#places.giveNext(); next; next = this.#places.giveNext()) this.#step(next);
		for (let least = this.#places.takeFromLeast(); least; least = this.#places.takeFromLeast()) this.#makeLeave(least);
	}

	#leave(subscriber: Subscriber): void {
		this.#places.leave(subscriber);
		this.#makeLeave(subscriber);
	}

	#makeLeave(subscriber: Subscriber): void {
		subscriber.cancelRest?.();
		subscriber.cancelRest = null;
		subscriber.failures = 0;
		this.#step(subscriber);
	}

	/** The next call for a node that has a place, once nothing is under way for it. */
	#step(subscriber: Subscriber): void {
		if (this.#attempt.ended || subscriber.isBusy || subscriber.cancelRest) return;
		if (subscriber.place === 'leaving') void this.#call(subscriber, 'unsubscribe');
		else if (!subscriber.isSubscribed) void this.#call(subscriber, 'subscribe');
	}

	async #call(subscriber: Subscriber, action: 'subscribe' | 'unsubscribe'): Promise<void> {
		const { id, topics } = subscriber;
		const { clock, operationTimeoutMs: timeoutMs } = this.#options;
		const call = (signal: AbortSignal): unknown => this.#options[action](topics, id, signal);
		const timedOut = (): Error => nodeTimeout(`to ${action} the topics of`, id, timeoutMs);
		subscriber.isBusy = true;
		const error = await boundedCall(call, { clock, timeoutMs, timedOut, within: this.#attempt }).then(() => null, asError);
		subscriber.isBusy = false;
		if (this.#attempt.ended) return;
		if (error) this.#failed(subscriber, action, error);
		else this.#done(subscriber, action);
	}

	#done(subscriber: Subscriber, action: 'subscribe' | 'unsubscribe'): void {
		const { id, topics } = subscriber;
		subscriber.failures = 0;
		subscriber.isSubscribed = action === 'subscribe';
		if (action === 'subscribe') {
			this.#step(subscriber);
			this.#events.emit({ type: 'subscribed', node: id, topics });
			return;
		}
		const reason = this.#release(subscriber);
		this.#assign();
		this.#events.emit({ type: 'unsubscribed', node: id, topics, reason });
	}

	#release(subscriber: Subscriber): 'evicted' | 'yielded' | 'removed' {
		const { isRemoved, hasYielded } = subscriber;
		this.#places.free(subscriber);
		subscriber.hasYielded = false;
		if (isRemoved) this.#nodes.delete(subscriber.id);
		else this.#places.wait(subscriber, !hasYielded);
		if (isRemoved) return 'removed';
		return hasYielded ? 'yielded' : 'evicted';
	}

	#failed(subscriber: Subscriber, action: 'subscribe' | 'unsubscribe', error: Error): void {
		// Meanwhile it has to leave: there is nothing to try again.
		const isOver = action === 'subscribe' && subscriber.place === 'leaving';
		const retryInMs = isOver ? 0 : (backoff.next(++subscriber.failures, 0) as number);
		if (isOver) this.#step(subscriber);
		else {
			subscriber.cancelRest = this.#options.clock.after(retryInMs, () => {
				subscriber.cancelRest = null;
				this.#rested(subscriber);
			});
		}
		this.#events.emit({ type: 'failed', node: subscriber.id, action, error, retryInMs });
	}

	#rested(subscriber: Subscriber): void {
		const mayYield = subscriber.place === 'held' && subscriber.failures >= TRIES_BEFORE_YIELDING;
		if (mayYield && this.#places.isWantedByOthers(subscriber.priority)) {
			subscriber.hasYielded = true;
			this.#leave(subscriber);
		} else this.#step(subscriber);
	}

	#create(id: string, priority: SubscriptionPriority): Subscriber {
		const topics = [...this.#options.topics(id)];
		const { budget } = this.#options;
		if (topics.length < 1 || topics.length > budget) throw new RangeError(`topics of a node must be from 1 to ${budget}, got ${topics.length}`);
		const subscriber = new Subscriber(id, topics, priority);
		this.#nodes.set(id, subscriber);
		return subscriber;
	}

	#find(id: string): Subscriber {
		const subscriber = this.#nodes.get(id);
		if (!subscriber || subscriber.isRemoved) throw unknownNode(id);
		return subscriber;
	}
}

function infoOf({ id, topics, priority, place, isSubscribed }: Subscriber): SubscriptionInfo {
	if (place === 'none') return { node: id, topics, priority, state: 'waiting' };
	if (place === 'leaving') return { node: id, topics, priority, state: 'unsubscribing' };
	return { node: id, topics, priority, state: isSubscribed ? 'subscribed' : 'subscribing' };
}
