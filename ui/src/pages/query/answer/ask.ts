/** Asks `query` and `query_range`, and decodes the answers into columns. */
import { failed, malformed, ofApi, ofStatus, type Outcome, success } from '../../../api/failure';
import { type Fields, fetchBytes } from '../../../api/request';
import { type Answer, answerOf } from './answer';
import { decode } from './decode';

export interface Question {
  expr: string;
  /** One moment, or a range with a step; in seconds. A missing moment is now. */
  when: { time: number | undefined } | { start: number; end: number; step: number };
  /** The server sends no more series than this. */
  limit: number | undefined;
}

/** Servers give up after two minutes unless told otherwise; the page waits a little longer, to hear why. In seconds. */
const PATIENCE_S = 130;

export async function askAnswer(question: Question, signal: AbortSignal): Promise<Outcome<Answer>> {
  const { expr, when, limit } = question;
  const asked = performance.now();
  const fields: Fields = { query: expr, ...when, limit, stats: 'true' };
  const endpoint = 'step' in when ? 'query_range' : 'query';
  const outcome = await fetchBytes(`api/v1/${endpoint}`, fields, { post: true, signal, patienceS: PATIENCE_S });
  if (!outcome.ok) return outcome;
  const { status, bytes } = outcome.value;
  const decoded = await decode(bytes);
  switch (decoded.kind) {
    case 'refused':
      return ofApi(status, decoded.errorType, decoded.error);
    case 'broken':
      return status >= 400 ? ofStatus(status, '') : malformed(decoded.where);
    case 'columns':
      if (status >= 400)
        return failed(
          'malformed',
          `The server answers ${status} and yet success.`,
          'A proxy may stand between; look there first.',
        );
      return success(answerOf(decoded.columns, performance.now() - asked), decoded.warnings, decoded.infos);
  }
}
