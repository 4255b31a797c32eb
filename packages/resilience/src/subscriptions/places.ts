import { LinkedList } from '../monitor/linked-list.js';
import type { Subscriber, SubscriptionPriority } from './subscriber.js';

const LEAST_FIRST: readonly SubscriptionPriority[] = [3, 2, 1];

type ByPriority<T> = Record<SubscriptionPriority, T>;

/**
 * The budget, and whose topics have a part of it. Topics count from before they are subscribed until they surely are not, so that no more
 * than the budget ever exist.
 */
export class Places {
	readonly #budget: number;
	readonly #waiting: ByPriority<LinkedList<Subscriber>> = { 1: new LinkedList(), 2: new LinkedList(), 3: new LinkedList() };
	readonly #holding: ByPriority<LinkedList<Subscriber>> = { 1: new LinkedList(), 2: new LinkedList(), 3: new LinkedList() };
	readonly #heldTopics: ByPriority<number> = { 1: 0, 2: 0, 3: 0 };
	#used = 0;
	#leaving = 0;

	constructor(budget: number) {
		this.#budget = budget;
	}

	/** Topics. */
	get used(): number {
		return this.#used;
	}

	/** Puts one without a place among those who wait, last of its priority; or first, where it had one until others needed it. */
	wait(subscriber: Subscriber, isFirst = false): void {
		const list = this.#waiting[subscriber.priority];
		if (isFirst) list.unshift(subscriber);
		else list.push(subscriber);
	}

	/** Takes it out of those who wait. */
	leaveQueue(subscriber: Subscriber): void {
		subscriber.list?.remove(subscriber);
	}

	/** Whether somebody at least as important waits. */
	isWantedByOthers(priority: SubscriptionPriority): boolean {
		const first = this.#firstWaiting();
		return first !== null && first.priority <= priority;
	}

	/** The most important of those who wait, once there is room for it: it holds a place from now on. */
	giveNext(): Subscriber | null {
		const next = this.#firstWaiting();
		if (!next || this.#used + next.topics.length > this.#budget) return null;
		next.list?.remove(next);
		next.place = 'held';
		this.#used += next.topics.length;
		this.#hold(next);
		return next;
	}

	/** One that must give way for the first who waits, where that helps: the newest of the least important. It leaves from now on. */
	takeFromLeast(): Subscriber | null {
		const next = this.#firstWaiting();
		if (!next) return null;
		const missing = this.#used - this.#leaving + next.topics.length - this.#budget;
		const below = LEAST_FIRST.filter((priority) => priority > next.priority);
		const available = below.reduce((sum, priority) => sum + this.#heldTopics[priority], 0);
		if (missing <= 0 || available < missing) return null;
		const least = below.find((priority) => this.#holding[priority].last !== null);
		const victim = least && this.#holding[least].last;
		if (victim) this.leave(victim);
		return victim ?? null;
	}

	/** One that holds a place leaves it: it is free when its topics are unsubscribed. */
	leave(subscriber: Subscriber): void {
		this.#unhold(subscriber);
		subscriber.place = 'leaving';
		this.#leaving += subscriber.topics.length;
	}

	/** The place of one that leaves is free. */
	free(subscriber: Subscriber): void {
		subscriber.place = 'none';
		this.#leaving -= subscriber.topics.length;
		this.#used -= subscriber.topics.length;
	}

	setPriority(subscriber: Subscriber, priority: SubscriptionPriority): void {
		const { place } = subscriber;
		if (place === 'held') this.#unhold(subscriber);
		if (place === 'none') this.leaveQueue(subscriber);
		subscriber.priority = priority;
		if (place === 'held') this.#hold(subscriber);
		if (place === 'none') this.wait(subscriber);
	}

	#hold(subscriber: Subscriber): void {
		this.#holding[subscriber.priority].push(subscriber);
		this.#heldTopics[subscriber.priority] += subscriber.topics.length;
	}

	#unhold(subscriber: Subscriber): void {
		subscriber.list?.remove(subscriber);
		this.#heldTopics[subscriber.priority] -= subscriber.topics.length;
	}

	#firstWaiting(): Subscriber | null {
		return this.#waiting[1].first ?? this.#waiting[2].first ?? this.#waiting[3].first;
	}
}
