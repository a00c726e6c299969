// Printed after vitest's own lines: why each skipped test was skipped, and one
// line for programs to read.

import type { Reporter, TestCase, TestModule } from 'vitest/node'

const wentWrong = (module: TestModule) => module.errors().length > 0

export default class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const of = (state: string) => tests.filter((test) => test.result().state === state)
    const skipped = of('skipped')
    for (const test of skipped)
      console.log(`skipped: ${test.module.relativeModuleId} > ${test.fullName}: ${why(test)}`)
    const failed = of('failed').length + modules.filter(wentWrong).length + unhandled.length
    console.log(`${of('passed').length} passed, ${failed} failed`)
  }
}

function why(test: TestCase): string {
  const result = test.result()
  return (result.state === 'skipped' && result.note) || 'no reason given'
}
