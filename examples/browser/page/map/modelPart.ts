import type { MapPlan, ModelChoice } from '../../shared/mapTypes.js';
import { button, element, input, select } from '../element.js';
import { attempt } from '../notices.js';
import type { Page } from '../Page.js';
import { numberIn, runSettings } from '../settings.js';
import type { MapState } from './MapState.js';

const SAMPLE = new URL('./samples/model/', document.baseURI).href;

/** Chooses the network, says what its features take, and takes them. */
export function modelPart(
  { worker, state: first }: Page,
  state: MapState,
): { openModel(files: File[]): Promise<void>; offerModels(): Promise<void> } {
  const choices = select('model');
  const plan = element('plan', HTMLElement);
  const progress = element('take-progress', HTMLProgressElement);
  /** Files of a model that was opened. */
  let opened: File[] = [];
  /** The choice that is open in the worker. */
  let open: string | undefined;
  let taking = false;

  const settings = () => runSettings({ bands: state.scene?.bands ?? 4, size: 64 });
  const choiceOf = (value: string): ModelChoice => {
    if (value === 'sample') return { kind: 'sample', url: SAMPLE };
    if (value === 'run') return { kind: 'run' };
    if (value === 'files') return { kind: 'files', files: opened, settings: settings() };
    return { kind: 'saved', name: value.slice('saved '.length), settings: settings() };
  };
  const openChosen = async () => {
    const wanted = choices.value;
    button('take').disabled = true;
    try {
      const { name, parameters, remarks } = await worker.call('openNetwork', choiceOf(wanted));
      open = wanted;
      state.setFeatures(false);
      element('model-status', HTMLElement).textContent =
        `${name[0].toUpperCase()}${name.slice(1)}: ${parameters.toLocaleString('en')} parameters. ${remarks.join(' ')}`;
    } catch (error) {
      // The one before is still there.
      if (open !== undefined) choices.value = open;
      throw error;
    } finally {
      await showPlan();
    }
  };
  const showPlan = async () => {
    plan.textContent = '';
    button('take').disabled = true;
    if (!state.scene || open === undefined) return;
    const planned = await worker.call('planFeatures', {
      timestep: numberIn('feature-t'),
      noise: input('feature-noise').checked,
    });
    plan.textContent = describe(planned);
    button('take').disabled = taking || !first.value.ready;
  };
  const take = async () => {
    taking = true;
    button('take').disabled = true;
    button('take-stop').disabled = false;
    Object.assign(progress, { value: 0, hidden: false });
    const start = performance.now();
    try {
      const done = await worker.call('takeFeatures');
      state.setFeatures(done);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      plan.textContent = done
        ? `The features are there, after ${seconds} s. Place points of two classes.`
        : 'Stopped. The points stay.';
    } finally {
      taking = false;
      button('take').disabled = false;
      button('take-stop').disabled = true;
      progress.hidden = true;
    }
  };
  const offerModels = async () => {
    const saved = first.value.ready ? await worker.call('list') : [];
    const options = [
      new Option('the sample model', 'sample'),
      new Option('the network at hand, of the first room', 'run'),
      ...saved.map(({ name }) => new Option(`saved: ${name}`, `saved ${name}`)),
      ...(opened.length > 0 ? [new Option('the opened model', 'files')] : []),
    ];
    const before = choices.value;
    choices.replaceChildren(...options);
    choices.options[1].disabled = !first.value.run;
    if (options.some(({ value, disabled }) => value === before && !disabled)) choices.value = before;
  };
  const openModel = async (files: File[]) => {
    const before = opened;
    opened = files;
    await offerModels();
    choices.value = 'files';
    try {
      await openChosen();
    } catch (error) {
      opened = before;
      await offerModels();
      throw error;
    }
  };

  choices.onchange = () => attempt(openChosen);
  for (const id of ['feature-t', 'feature-noise']) input(id).onchange = () => attempt(showPlan);
  button('take').onclick = () => attempt(take);
  button('take-stop').onclick = () => attempt(() => worker.call('stopFeatures'));
  worker.on('features', ({ done, total }) => {
    progress.value = done / total;
    plan.textContent = `Window ${done} of ${total} is done.`;
  });
  state.watch(['scene'], () => {
    if (state.scene) attempt(open === undefined ? openChosen : showPlan);
  });
  // What lay on another backend is gone.
  first.watch(['ready'], ({ ready }) => {
    if (!ready) {
      state.setFeatures(false);
      button('take').disabled = true;
    } else if (state.scene && open !== undefined) attempt(showPlan);
  });
  first.watch(['run'], () => attempt(offerModels));
  return { openModel, offerModels };
}

function describe({ windows, windowSize, channels, keptBytes, passBytes }: MapPlan): string {
  const mega = (bytes: number) => `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`;
  const several = windows === 1 ? 'One window' : `${windows} windows`;
  return (
    `${several} of ${windowSize.join(' × ')} pixels, ${channels} features a pixel. They stay in memory and take ` +
    `${mega(keptBytes)}, the network ${mega(passBytes)} besides while they are taken.`
  );
}
