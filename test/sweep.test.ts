import { cp } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { findPython, readPythonPackages } from '../src/system/python-tools.ts';
import { useTempFolders } from './support/temp-folder.ts';

const ROOT = resolve(import.meta.dirname, '..');
const SWEEP = join(ROOT, 'docs/sweep.yaml');
const installed = (await readPythonPackages(['wandb'])).get('wandb');
const noClient = installed ? '' : 'there is no wandb; "make setup" installs it';

const makeFolder = useTempFolders();

beforeEach((context) => context.skip(noClient !== '', noClient));

/** The client's own code up to the moment when it would start a run: the command line and what it adds to the environment. */
const AGENT = `
import json, os, sys
from wandb import wandb_agent
from wandb.apis.public.sweeps import _validate_config_and_fill_distribution
from wandb.sdk.launch.sweeps.utils import load_sweep_config

config = _validate_config_and_fill_distribution(load_sweep_config(sys.argv[1]))
agent = wandb_agent.Agent(None, None)
agent._sweep_command = config["command"]
started = {}
class Recorder:
    def __init__(self, command, env, **_):
        started.update(command=command, run_id=env["WANDB_RUN_ID"])
wandb_agent.AgentProcess = Recorder
chosen = {key: {"value": value} for key, value in json.loads(sys.argv[2]).items()}
agent._command_run({"type": "run", "run_id": "abc123", "program": "", "args": chosen})
print(json.dumps({"config": config, **started}))
`;

interface Started {
  config: { parameters: Record<string, { values?: unknown[]; min?: number; max?: number }> };
  command: string[];
  run_id: string;
}

/** @param chosen values of the sweep's parameters, as its server would choose them */
async function startedBy(folder: string, chosen: Record<string, unknown>): Promise<Started> {
  const { stdout } = await execa(findPython(), ['-c', AGENT, SWEEP, JSON.stringify(chosen)], {
    cwd: folder,
    env: { WANDB_DIR: folder },
  });
  return JSON.parse(stdout.split('\n').at(-1)!) as Started;
}

/** Runs a command line where there are params and no data, so that a command ends as soon as it has read its params. */
async function run(folder: string, { command, run_id }: Started) {
  await cp(join(ROOT, 'params.yaml'), join(folder, 'params.yaml'));
  const path = [join(ROOT, 'bin'), dirname(process.execPath), process.env.PATH].join(delimiter);
  const [file, ...args] = command;
  return execa(file!, args, { cwd: folder, env: { PATH: path, WANDB_RUN_ID: run_id }, reject: false });
}

describe('docs/sweep.yaml', () => {
  it('is a sweep to the client, and each of its values fits the params', async () => {
    const folder = await makeFolder();
    const { config } = await startedBy(folder, {});
    const choices = Object.entries(config.parameters).map(
      ([key, { values, min, max }]) => [key, values ?? [min, max]] as const,
    );
    expect(choices.length).toBeGreaterThan(1);
    for (let i = 0; i < Math.max(...choices.map(([, values]) => values.length)); i++) {
      const chosen = Object.fromEntries(choices.map(([key, values]) => [key, values[i % values.length]]));
      const { exitCode, stderr } = await run(folder, await startedBy(folder, chosen));
      expect(stderr).toMatch(/^error: .*data-prep/m);
      expect(exitCode).toBe(1);
    }
  }, 60_000);

  it('hands every value to the params, and gives each run a folder', async () => {
    const folder = await makeFolder();
    const started = await startedBy(folder, {
      'train.learning_rate': -6e-5,
      'train.nesterov': 'perhaps',
      'model.anchor_sizes': [4, 8],
      'paths.prepared': '.',
    });
    const { exitCode, stderr } = await run(folder, started);
    expect(stderr.split('\n').toSorted()).toEqual([
      'error: --set model.anchor_sizes must be a list of 5 numbers, got [4,8]',
      expect.stringMatching(/^error: --set paths\.prepared .* "runs\/sweep\/abc123" lies in it/),
      'error: --set train.learning_rate must be > 0, got -0.00006',
      'error: --set train.nesterov must be true or false, got "perhaps"',
    ]);
    expect(exitCode).toBe(2);
  }, 30_000);
});
