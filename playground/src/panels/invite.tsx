import type { Model } from '../model/model.js';
import { ConversationCard } from './conversation.js';
import { InviteField } from './invite-field.js';
import { InvitePreview } from './invite-preview.js';
import { Waterfall } from './waterfall.js';

/** An invite works, or why it does not. */
export function InviteView({ model }: { model: Model }) {
	const { invite } = model;
	const read = invite.reading.value;
	const conversation = invite.conversation.value;
	return (
		<div class="invite">
			<section class="panel invite-card" aria-label="Accept an invite">
				{read.kind === 'invite' ? <InvitePreview key={read.invite.id} read={read} model={model} /> : <InviteField flow={invite} />}
			</section>
			<section class="panel invite-card" aria-label="Steps">
				<Waterfall model={model} />
			</section>
			{conversation && (
				<section class="panel invite-card invite-wide" aria-label="Conversation">
					<ConversationCard key={conversation.id} conversation={conversation} model={model} />
				</section>
			)}
		</div>
	);
}
