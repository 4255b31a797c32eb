import type { Model } from '../model/model.js';
import { ConversationCard } from './conversation.js';
import { InviteField } from './invite-field.js';
import { InvitePreview } from './invite-preview.js';
import { Inviting } from './inviting.js';
import { Waterfall } from './waterfall.js';

/** An invite works, or why it does not. */
export function InviteView({ model }: { model: Model }) {
	const { invite, waiting } = model;
	const read = invite.reading.value;
	const accepted = invite.conversation.value;
	const conversations = [...(accepted ? [accepted] : []), ...waiting.conversations.value];
	return (
		<div class="invite">
			<div class="invite-side">
				<section class="panel invite-card" aria-label="Accept an invite">
					{read.kind === 'invite' ? <InvitePreview key={read.invite.id} read={read} model={model} /> : <InviteField flow={invite} />}
				</section>
				<section class="panel invite-card invite-own" aria-label="Invite somebody">
					<Inviting model={model} />
				</section>
			</div>
			<section class="panel invite-card" aria-label="Steps">
				<Waterfall model={model} />
			</section>
			{conversations.map((conversation) => (
				<section key={conversation.id} class="panel invite-card invite-wide" aria-label={`Conversation with the ${conversation.who}`}>
					<ConversationCard conversation={conversation} model={model} />
				</section>
			))}
		</div>
	);
}
