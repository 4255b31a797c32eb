import WebSocket from 'ws';

/** A client's connection whose messages are taken one by one. */
export class Line {
	#messages = [];
	#end = null;
	#wake = () => {};

	constructor(socket) {
		this.socket = socket;
		socket.on('message', (data) => this.#arrived(data));
		socket.on('close', (code, reason) => {
			this.#end = `${code} ${reason}`;
			this.#wake();
		});
		socket.on('error', () => {});
	}

	static dial(url) {
		const socket = new WebSocket(url, { perMessageDeflate: false });
		return new Promise((resolve, reject) => {
			socket.once('open', () => resolve(new Line(socket))).once('error', reject);
		});
	}

	#arrived(data) {
		this.#messages.push(data);
		this.#wake();
	}

	/** @throws Error where none comes any more. */
	async next() {
		while (this.#messages.length === 0) {
			if (this.#end !== null) throw new Error(`ended with ${this.#end}`);
			await new Promise((resolve) => (this.#wake = resolve));
		}
		return String(this.#messages.shift());
	}

	/** @returns code and reason, what comes before is nobody's. */
	async ended() {
		while (this.#end === null) await new Promise((resolve) => (this.#wake = resolve));
		return this.#end;
	}

	say(message) {
		this.socket.send(JSON.stringify(message));
	}

	async ask(message) {
		this.say(message);
		return JSON.parse(await this.next());
	}

	/** The socket for others to listen to; no message is kept any more. */
	release() {
		this.socket.removeAllListeners('message');
		return this.socket;
	}

	/** @returns code and reason. */
	close() {
		this.socket.close(1000);
		return this.ended();
	}

	terminate() {
		this.socket.terminate();
	}
}
