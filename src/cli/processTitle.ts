/**
 * Hides the value of --token in the process list. Node writes the title over the words that the process was started with.
 */

const hidden = '********';

/** The words with every token hidden. Also for shortened names, which may turn out to be no option: better hidden than shown. */
export function withoutTokens(words: readonly string[]): readonly string[] {
  let hides = false;
  return words.map((word) => {
    if (hides) {
      hides = false;
      return hidden;
    }
    const match = /^--t(?:o(?:ken?|k)?)?(=.*)?$/s.exec(word);
    if (match === null) return word;
    hides = match[1] === undefined;
    return hides ? word : word.replace(/=.*/s, `=${hidden}`);
  });
}

/** To be called first of all: until then anyone on the machine can read the words. */
export function hideTokens(): void {
  const words = process.argv.slice(2);
  const shown = withoutTokens(words);
  if (shown.every((word, index) => word === words[index])) return;
  process.title = [...process.argv.slice(0, 2), ...shown].join(' ');
}
