// One import, and the connections of an application that knows nothing of linkscope are seen.
import 'linkscope/auto';
import { chat } from './foreign-app.mjs';

await chat();

for (const { url, messagesSent, messagesReceived, bytesSent, close } of getConnectionInstrumentationStats().connections) {
	console.log(`${url}: ${messagesSent} sent (${bytesSent} bytes), ${messagesReceived} received, ended ${close.verdict.word}`);
}
console.log(getConnectionInstrumentationReport());
