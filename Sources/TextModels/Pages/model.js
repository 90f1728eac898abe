// Shows a sentence of the page's data: a token's prediction, layer by layer, and its attention.
'use strict';

const data = JSON.parse(document.getElementById('data').textContent);

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function table(name, heading, rows) {
  const cells = (tag, row) => row.map(cell => cell instanceof Node ? cell : make(tag, {}, cell));
  return make('div', {class: 'table'}, make('table', {class: name},
    make('tr', {}, ...cells('th', heading)),
    ...rows.map(row => make('tr', {}, ...cells('td', row)))));
}

// White space and marks that combine are seen beside quotes.
const quoted = text => JSON.stringify(text);

const candidates = list => list.map(([token, share]) =>
  `${quoted(token)} ${(100 * share).toFixed(1)} %`).join(', ');

function lens(sentence, index) {
  const [here, next] = [sentence.entries[index], sentence.entries[index + 1]];
  const layers = (here ?? next).layers;
  return table('lens', ['layer', 'expected here', 'expected next'], layers.map((_, layer) => [
    String(layer),
    here ? candidates(here.layers[layer]) : '',
    next ? candidates(next.layers[layer]) : '',
  ]));
}

function waterfall(entry) {
  const largest = Math.max(...entry.terms.map(([, value]) => Math.abs(value)), 1e-9);
  const bar = value => make('td', {
    class: 'bar-line', style: `--share:${100 * Math.abs(value) / largest}%`,
  }, value.toFixed(3));
  return table('waterfall', ['part of the logit', 'value'], [
    ...entry.terms.map(([name, value]) => [name, bar(value)]),
    ['remainder', bar(entry.remainder)],
    ['logit', entry.logit.toFixed(3)],
  ]);
}

// Rows of shares from 0 to 255, in base64.
const rows = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));

function map(head, size, index, choose) {
  const canvas = make('canvas', {width: size, height: size, role: 'img', 'aria-label': head.name});
  const context = canvas.getContext('2d');
  const image = context.createImageData(size, size);
  const values = rows(head.weights);
  // The first rows see few tokens and must give them much; the scale is made for the others.
  const largest = values.reduce((most, value, place) =>
    size < 3 || place >= 2 * size ? Math.max(most, value) : most, 1);
  values.forEach((value, place) => {
    const isRow = Math.floor(place / size) === index;
    const opacity = 255 * Math.min(1, value / largest);
    image.data.set([isRow ? 194 : 31, isRow ? 87 : 111, isRow ? 12 : 196, opacity], 4 * place);
  });
  context.putImageData(image, 0, 0);
  const label = make('button', {type: 'button', 'aria-pressed': 'false'}, canvas,
    `head ${head.name}`);
  label.addEventListener('click', () => choose(label, values));
  return label;
}

function show(sentence, element, index) {
  const tokens = [...element.querySelectorAll('.token')];
  tokens.forEach((token, place) => token.setAttribute('aria-pressed', String(place === index)));
  const entry = sentence.entries[index];
  const view = element.querySelector('.view');
  const size = sentence.tokens.length;
  tokens.forEach((token, place) => { token.style.backgroundColor = lossColor(sentence, place); });
  const choose = (chosen, values) => {
    for (const label of view.querySelectorAll('.maps button')) {
      label.setAttribute('aria-pressed', String(label === chosen));
    }
    tokens.forEach((token, place) => {
      const share = place < size && index < size ? values[index * size + place] / 255 : 0;
      token.style.backgroundColor = `rgba(31, 111, 196, ${share})`;
    });
  };
  const name = index < size ? quoted(sentence.tokens[index]) : 'the end';
  const loss = entry && entry.loss !== null ? `, loss ${entry.loss.toFixed(3)} nats` : '';
  view.replaceChildren(
    make('h3', {}, `token ${index}, ${name}${loss}`),
    make('div', {class: 'columns'}, lens(sentence, index), ...entry ? [waterfall(entry)] : []),
    make('p', {}, index < size ?
      'Attention, row: a token that looks, column: what it sees. Choose a head to colour the text.'
      : ''),
    make('div', {class: 'maps'}, ...index < size ?
      sentence.heads.map(head => map(head, size, index, choose)) : []));
}

const lossColor = (sentence, index) =>
  `rgba(194, 87, 12, ${Math.min(0.6, (sentence.entries[index]?.loss ?? 0) / 15)})`;

function add(sentence) {
  const element = make('div', {class: 'sentence'}, make('p', {dir: 'auto'}, sentence.text));
  // A causal model has an entry for what would follow the text.
  const names = [...sentence.shown, ...sentence.entries.length > sentence.tokens.length ? ['⏎'] : []];
  names.forEach((name, index) => {
    const loss = sentence.entries[index]?.loss ?? 0;
    const token = make('button', {
      type: 'button', class: 'token', dir: 'auto', 'aria-pressed': 'false',
      style: `background-color:${lossColor(sentence, index)}`,
      title: index < sentence.tokens.length ? `loss ${loss.toFixed(3)}` : 'what would come next',
    }, name);
    token.addEventListener('click', () => show(sentence, element, index));
    element.append(token);
  });
  element.append(make('div', {class: 'view', 'aria-live': 'polite'}));
  document.getElementById('sentences').append(element);
  return element;
}

const elements = data.sentences.map(add);
if (elements.length > 0) {
  show(data.sentences[0], elements[0], Math.min(4, data.sentences[0].tokens.length - 1));
}
