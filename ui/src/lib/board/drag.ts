// Dragging cards by mouse, touch and keyboard. What is seen of it is the page's own; dnd-kit finds out what is meant.

import { pointerIntersection } from '@dnd-kit/collision';
import {
  AutoScroller,
  DragDropManager,
  Draggable,
  Droppable,
  KeyboardSensor,
  PointerActivationConstraints,
  PointerSensor,
} from '@dnd-kit/dom';
import { DOMRectangle } from '@dnd-kit/dom/utilities';

export interface DragListener {
  /** A card is picked up. */
  started(id: string): void;
  /** The pointer is at a place of the window. */
  moved(x: number, y: number): void;
  /** The card is over a column, or over none. */
  over(column: string | undefined): void;
  /** It was let go over a column that takes it; over none when it goes back. */
  ended(column: string | undefined): void;
  /** The column to the left or to the right that takes cards. */
  beside(column: string | undefined, step: 1 | -1): string | undefined;
}

/** Left and right go from column to column, whatever the distance. */
class ColumnKeys extends KeyboardSensor {
  static beside: DragListener['beside'] = () => undefined;

  protected override handleMove(direction: 'up' | 'down' | 'left' | 'right', event: KeyboardEvent) {
    event.preventDefault();
    if (direction === 'up' || direction === 'down') return;
    const at = this.manager.dragOperation.target?.id;
    const next = ColumnKeys.beside(at?.toString(), direction === 'right' ? 1 : -1);
    if (next !== undefined) void this.manager.actions.setDropTarget(next);
  }
}

const MOUSE_DISTANCE = 5;
/** A finger that rests means the card; one that moves at once means to scroll. */
const TOUCH_DELAY_MS = 250;
const TOUCH_TOLERANCE = 6;

function constraints(event: PointerEvent) {
  if (event.pointerType === 'touch')
    return [
      new PointerActivationConstraints.Delay({ value: TOUCH_DELAY_MS, tolerance: TOUCH_TOLERANCE }),
    ];
  return [new PointerActivationConstraints.Distance({ value: MOUSE_DISTANCE })];
}

function isControl(event: PointerEvent): boolean {
  return event.target instanceof Element && event.target.closest('input, select') !== null;
}

export class BoardDrag {
  readonly #manager: DragDropManager;
  readonly #cards = new Map<string, (element: HTMLElement) => () => void>();

  constructor(listener: DragListener) {
    ColumnKeys.beside = (column, step) => listener.beside(column, step);
    // Its own plugins for looks and speech write style elements, which the page's policy refuses.
    this.#manager = new DragDropManager({
      plugins: [AutoScroller],
      sensors: [
        PointerSensor.configure({
          activationConstraints: constraints,
          activatorElements: (source) => [source.element],
          preventActivation: isControl,
        }),
        ColumnKeys,
      ],
    });
    this.#listen(listener);
  }

  /** For `{@attach}`: makes an element a card. Its part with `data-handle` is picked up by keyboard. */
  card(id: string): (element: HTMLElement) => () => void {
    // Always the same for a card, so that it is not let go when it is drawn anew.
    const known = this.#cards.get(id);
    if (known) return known;
    const attach = (element: HTMLElement) => this.#wake(id, element);
    this.#cards.set(id, attach);
    return attach;
  }

  /** Cards that nobody touches cost nothing: one becomes something to drag when a hand comes near. */
  #wake(id: string, element: HTMLElement): () => void {
    let draggable: Draggable | undefined;
    const wake = () => {
      const handle = element.querySelector('[data-handle]') ?? undefined;
      draggable ??= new Draggable({ id, element, handle }, this.#manager);
    };
    element.addEventListener('pointerover', wake);
    element.addEventListener('focusin', wake);
    return () => {
      element.removeEventListener('pointerover', wake);
      element.removeEventListener('focusin', wake);
      draggable?.destroy();
    };
  }

  /** For `{@attach}`: makes an element a column. */
  column(id: string, takes: boolean): (element: HTMLElement) => () => void {
    return (element) => {
      const droppable = new Droppable(
        { id, element, accept: () => takes, collisionDetector: pointerIntersection },
        this.#manager,
      );
      return () => droppable.destroy();
    };
  }

  stop(): void {
    this.#manager.destroy();
  }

  /** The card itself does not move, so that nobody else asks over what the pointer is now. */
  async #lookBelow(): Promise<void> {
    // The place of the pointer is written a turn after its event.
    await Promise.resolve();
    await Promise.resolve();
    this.#manager.collisionObserver.forceUpdate();
  }

  #listen(listener: DragListener): void {
    const { monitor } = this.#manager;
    monitor.addEventListener('dragstart', ({ operation }) => {
      const element = operation.source?.element;
      // Nothing is compared with columns before the card has a shape.
      if (element) this.#manager.dragOperation.shape = new DOMRectangle(element);
      listener.started(String(operation.source?.id));
    });
    monitor.addEventListener('dragmove', ({ to }) => {
      if (!to) return;
      listener.moved(to.x, to.y);
      void this.#lookBelow();
    });
    // By keyboard there is no pointer that is over something.
    monitor.addEventListener('collision', (event) => {
      const { activatorEvent } = this.#manager.dragOperation;
      if (activatorEvent instanceof KeyboardEvent) event.preventDefault();
    });
    monitor.addEventListener('dragover', ({ operation }) =>
      listener.over(operation.target?.id.toString()),
    );
    monitor.addEventListener('dragend', ({ operation, canceled }) =>
      listener.ended(canceled ? undefined : operation.target?.id.toString()),
    );
  }
}
