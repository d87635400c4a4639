/** Of a long list only a few rows change at a time: the others are kept as they were drawn. */
import { Component, type FunctionComponent, type JSX } from "preact"

/**
 * @param atFirst properties that count only when the part comes
 * @returns the same part, drawn again only when one of its other properties is another one, or its own state changes
 */
export function kept<P extends object>(Part: FunctionComponent<P>, ...atFirst: readonly (keyof P)[]) {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const before: object = this.props
      const names = Object.keys(next)
      return (
        names.length !== Object.keys(before).length ||
        names.some(
          (name) =>
            Reflect.get(before, name) !== Reflect.get(next, name) && !atFirst.some((one) => one === name),
        )
      )
    }

    override render(props: P): JSX.Element {
      return <Part {...props} />
    }
  }
}
