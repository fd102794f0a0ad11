// Workflows of any length for the benchmarks, in the shape of those in `examples/`.
//
//   node benches/editor/workflow.mjs 2000 >big.workflow.yaml

import { pathToFileURL } from 'node:url';

const HEAD = `\
document:
  dsl: '1.0.3'
  namespace: benches
  name: long-order
  version: '1.0.0'
  title: Long order
input:
  schema:
    format: json
    document:
      type: object
      required: [orders, card]
use:
  retries:
    whileBusy:
      when: \${ $problem.status == 503 }
      delay: { milliseconds: 50 }
      backoff:
        exponential: {}
      limit:
        attempt:
          count: 3
do:
`;

// No two stages share a name or an expression, so that nothing can be looked up instead of read.
const stage = (n) => `\
  - price${n}:
      set:
        order: ${n}
        card: \${ .card }
        items: '\${ .orders[${n}].items // [] | map({ sku, quantity }) }'
        total: \${ [.orders[${n}].items[]? | .quantity * .price] | add }
      export:
        as: '\${ $context + { order${n}: . } }'
  - stock${n}:
      call: http
      with:
        method: post
        endpoint: http://inventory.example/${n}/availability
        headers:
          idempotency-key: \${ $context.order${n}.order | tostring }
        body:
          items: \${ .items }
      output:
        as: '{ available: (.available // false), missing: (.missing // []) }'
  - decide${n}:
      switch:
        - inStock:
            when: .available and (.missing | length) == 0
            then: charge${n}
        - soldOut:
            then: reserve${n}
  - reserve${n}:
      for:
        each: item
        in: .missing
        at: index
      while: $index < ${n + 10}
      do:
        - ask${n}:
            call: http
            with:
              method: get
              endpoint: http://supplier.example/${n}/parts/{sku}
              query:
                wanted: \${ $item.quantity }
        - note${n}:
            set:
              sku: \${ $item.sku }
              place: \${ $index + ${n} }
              found: \${ .found // false }
      then: continue
  - charge${n}:
      try:
        - card${n}:
            input:
              from: '{ card: $context.order${n}.card }'
            call: http
            with:
              method: post
              endpoint: http://payments.example/cards/{card}/charges
              body:
                amount: \${ $context.order${n}.total }
      catch:
        errors:
          with:
            type: https://serverlessworkflow.io/spec/1.0.0/errors/communication
        as: problem
        retry: whileBusy
        do:
          - failed${n}:
              set:
                outcome: '\${ "order ${n} failed: \\($problem.title)" }'
              then: end
      timeout:
        after: PT${(n % 50) + 1}S
`;

const lineCount = (text) => text.split('\n').length - 1;

/** A valid workflow of exactly so many lines. */
export function workflow(lines) {
  let text = HEAD;
  let left = lines - lineCount(HEAD);
  for (let n = 0; left > 0; n += 1) {
    const next = stage(n);
    const length = lineCount(next);
    if (left < length) break;
    text += next;
    left -= length;
  }
  if (left === 1) text += '# the end\n';
  if (left > 1) {
    text += `  - rest:\n      set:\n`;
    for (let n = 0; n < left - 2; n += 1) text += `        last${n}: \${ .total + ${n} }\n`;
    if (left === 2) text = text.replace(/set:\n$/, 'set: { last: true }\n');
  }
  return text;
}

/** Where one typed letter in the middle of the text makes `endpoint` an unknown key. */
export function middle(text) {
  const lines = text.split('\n');
  const inMiddle = lines.findIndex((line, at) => at >= lines.length / 2 && line.includes(' endpoint:'));
  const line = inMiddle < 0 ? lines.findLastIndex((candidate) => candidate.includes(' endpoint:')) : inMiddle;
  if (line < 0) throw new Error('the workflow is too short: it calls nothing');
  return { line, character: lines[line].indexOf(':'), typed: 's' };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const lines = Number(process.argv[2]);
  if (!Number.isInteger(lines) || lines < 100) {
    console.error('usage: node workflow.mjs LINES   (100 or more)');
    process.exit(2);
  }
  process.stdout.write(workflow(lines));
}
