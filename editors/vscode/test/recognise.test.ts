// The cases that every editor's recognition of workflow files must agree on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import cases from '../../test/recognition.json';
import { isWorkflowHead, isWorkflowName } from '../src/recognise';

for (const { about, name, text, workflow } of cases) {
  test(`${about}: ${workflow ? 'a workflow' : 'not a workflow'}`, () => {
    assert.equal(isWorkflowName(`/somewhere/${name}`) || isWorkflowHead(text.split(/\r?\n/)), workflow);
  });
}
