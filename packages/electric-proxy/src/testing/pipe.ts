import type { CatalogueState } from '../intercept.ts';
import type { Session } from '../session.ts';
import { createFrameReader } from '../wire/frames.ts';

/** A session between two byte streams, without sockets: what the relay does, at once. */
export function createPipe(session: Session, catalogue: CatalogueState = { kind: 'ready' }) {
  const fromClient = createFrameReader((type, length) => session.clientFate(type, length));
  const fromServer = createFrameReader((type) => session.serverFate(type));
  return {
    /** Bytes from the client to bytes for Postgres. */
    toServer(chunk: Buffer): Buffer {
      fromClient.push(chunk);
      const sent: Buffer[] = [];
      for (let piece = fromClient.next(); piece !== null; piece = fromClient.next()) {
        if (piece.kind === 'bytes') {
          sent.push(piece.bytes);
          continue;
        }
        let action = session.stepClient(piece.bytes);
        if (action.kind === 'ensure-catalogue') {
          session.setCatalogue(catalogue);
          action = session.stepClient(piece.bytes);
        }
        if (action.kind === 'send') sent.push(action.bytes);
      }
      return Buffer.concat(sent);
    },
    /** Bytes from Postgres to bytes for the client. */
    toClient(chunk: Buffer): Buffer {
      fromServer.push(chunk);
      const sent: Buffer[] = [];
      for (let piece = fromServer.next(); piece !== null; piece = fromServer.next()) {
        sent.push(piece.kind === 'bytes' ? piece.bytes : session.stepServer(piece.bytes).bytes);
      }
      return Buffer.concat(sent);
    },
  };
}

/** Every message of a byte stream that ends at a message's end. */
export function splitMessages(bytes: Buffer): readonly Buffer[] {
  const messages: Buffer[] = [];
  const reader = createFrameReader(() => 'hold');
  reader.push(bytes);
  for (let piece = reader.next(); piece !== null; piece = reader.next()) messages.push(piece.bytes);
  return messages;
}
