import type { Unsubscribe } from '@linkscope/core';
import type { MonitoringLevel } from '../monitor/levels.js';
import type { Linked, LinkedList } from '../monitor/linked-list.js';

/** 1 is the most important. */
export type SubscriptionPriority = 1 | 2 | 3;

/** How important the topics of a node are: the more closely it is watched. */
export function priorityOf(level: MonitoringLevel): SubscriptionPriority {
	if (level === 'CRITICAL' || level === 'HIGH') return 1;
	return level === 'NORMAL' ? 2 : 3;
}

/** What a subscription manager keeps of a node. */
export class Subscriber implements Linked<Subscriber> {
	list: LinkedList<Subscriber> | null = null;
	previous: Subscriber | null = null;
	next: Subscriber | null = null;

	readonly id: string;
	readonly topics: readonly string[];
	priority: SubscriptionPriority;
	/** None: it waits for one. Leaving: it keeps its place until its topics are unsubscribed. */
	place: 'none' | 'held' | 'leaving' = 'none';
	isSubscribed = false;
	/** A call of the application is under way for it. There is never a second one. */
	isBusy = false;
	/** Calls that failed in a row. */
	failures = 0;
	/** It rests before the next try. */
	cancelRest: Unsubscribe | null = null;
	/** It gave its place to others because it could not be subscribed: it goes to the end of those who wait. */
	hasYielded = false;
	/** The application removed it: when its place is free, nothing is left of it. */
	isRemoved = false;

	constructor(id: string, topics: readonly string[], priority: SubscriptionPriority) {
		this.id = id;
		this.topics = topics;
		this.priority = priority;
	}
}
