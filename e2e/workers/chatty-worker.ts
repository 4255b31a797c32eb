import '@linkscope/instrumentation/auto';

self.onmessage = ({ data: url }: MessageEvent<string>) => {
	const socket = new WebSocket(url);
	socket.onopen = () => socket.send('grüße');
	socket.onmessage = ({ data }) => {
		socket.close(4000, 'worked');
		self.postMessage(data);
	};
};
