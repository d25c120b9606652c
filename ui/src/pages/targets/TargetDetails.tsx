/** Everything that is known about a target, and ways to know more. */
import { useMemo, useState } from 'preact/hooks';
import { labelsOf, type ListedTarget } from '../../api/listing';
import type { Labels } from '../../api/query';
import { Copy } from '../../components/Copy';
import { Dialog } from '../../components/Dialog';
import { type Fact, Facts } from '../../components/Facts';
import { Icon } from '../../components/Icon';
import { Moment } from '../../components/Moment';
import { Name } from '../../components/Name';
import { formatCount, formatSeconds, formatValue } from '../../format/number';
import { selector } from '../../format/series';
import { parseMoment } from '../../format/time';
import { scrapesLink } from '../../links';
import { LabelTable } from './LabelTable';
import { Relabelling } from './Relabelling';
import { skewText } from './skew';

const URL_MAX = 500;

export function TargetDetails({ target }: { target: ListedTarget }) {
  const discovered = useMemo(() => labelsOf(target.discoveredLabels), [target]);
  return (
    <div class="target-details">
      <Facts facts={factsOf(target)} />
      <div class="label-columns">
        <section>
          <h4>Labels of its series</h4>
          <LabelTable labels={target.labels} />
        </section>
        <section>
          <h4>As discovered</h4>
          <LabelTable labels={discovered} />
        </section>
      </div>
      <div class="actions">
        <RelabelButton pool={target.scrapePool} labels={discovered} />
        <a class="button" href={scrapesLink(target.labels)}>
          <Icon name="chart" /> When it was up
        </a>
        <Copy label="Copy selector" text={() => selector(target.labels)} />
      </div>
    </div>
  );
}

/** Opens the steps of a target's relabelling. */
export function RelabelButton({ pool, labels }: { pool: string; labels: Labels }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        <Icon name="table" /> Relabelling, step by step
      </button>
      <Dialog title="Relabelling, step by step" isOpen={isOpen} onClose={() => setOpen(false)}>
        <Relabelling pool={pool} labels={labels} />
      </Dialog>
    </>
  );
}

function factsOf(target: ListedTarget): Fact[] {
  const { scrapeUrl, globalUrl, lastScrapeDetails: details } = target;
  const last = parseMoment(target.lastScrape);
  const facts: Fact[] = [
    ['Address', <Address key="address" shown={scrapeUrl} href={globalUrl === '' ? scrapeUrl : globalUrl} />],
    ['Last scrape', <Moment key="last" ms={last} />],
  ];
  if (last !== undefined)
    facts.push([
      'It took',
      `${formatSeconds(target.lastScrapeDuration)} of the ${target.scrapeTimeout} that it may take`,
    ]);
  facts.push(['Scraped every', target.scrapeInterval]);
  if (details === undefined) return facts;
  const { samples, series, bodyBytes, wireBytes, clockSkewSeconds } = details;
  const wire = wireBytes > 0 && wireBytes !== bodyBytes ? `, ${formatValue(wireBytes, 'bytes')} compressed` : '';
  if (bodyBytes > 0)
    facts.push([
      'The answer',
      `${formatCount(samples)} samples in ${formatValue(bodyBytes, 'bytes')}${wire}; ${formatCount(series)} stored, those about the scrape included`,
    ]);
  if (clockSkewSeconds !== undefined) facts.push(['Its clock is', skewText(clockSkewSeconds)]);
  return facts;
}

/** A link, if the address is one that a browser may follow: schemes come from labels. */
function Address({ shown, href }: { shown: string; href: string }) {
  const text = <Name text={shown} most={URL_MAX} code />;
  return /^https?:\/\//i.test(href) && URL.canParse(href) ? (
    <a href={href} target="_blank" rel="noreferrer">
      {text}
    </a>
  ) : (
    text
  );
}
