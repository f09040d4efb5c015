// Questions: what agents ask people.

import { client, take, takePage, type Page, type Schema } from './api';
import { compact } from './query';

export type Question = Schema['Question'];

/** Those without an answer, the oldest first. */
export function openQuestions(project: string): Promise<Page<Question>> {
  const query = compact({ project, state: 'open' as const, limit: 1000 });
  return takePage(client.GET('/api/questions', { params: { query } }));
}

export function answerQuestion(id: string, answer: string): Promise<Question> {
  return take(
    client.POST('/api/questions/{id}/answer', { params: { path: { id } }, body: { answer } }),
  );
}
