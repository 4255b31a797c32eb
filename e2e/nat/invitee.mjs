// Accepts an invite: node invitee.mjs <link>
import { acceptInvite, createIdentity, getConnectionInstrumentationStats, installInstrumentation } from 'linkscope';

installInstrumentation();
const connection = await acceptInvite(process.argv[2], { identity: createIdentity() });
const messages = connection.messages();
connection.send('hello');
const { value } = await messages.next();
const { transport, stages } = getConnectionInstrumentationStats().connections.find(({ id }) => id === connection.id);
console.log(JSON.stringify({ value, transport, stages: stages.map(({ name }) => name) }));
await connection.close();
