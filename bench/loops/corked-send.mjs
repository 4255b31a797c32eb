/** A send() of raw ws whose frames of one tick leave in one write, as a careful application does it by hand. */
export function corkedSend(socket) {
	let corked = false;
	const uncork = () => {
		corked = false;
		socket._socket.uncork();
	};
	return (payload) => {
		if (!corked) {
			corked = true;
			socket._socket.cork();
			process.nextTick(uncork);
		}
		socket.send(payload);
	};
}
