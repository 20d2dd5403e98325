/**
 * Loads a folder of pictures to test a trained network on: its test part, the pictures that fine-tuning held out of it,
 * or all of it. It needs no training part.
 */
import { ConfigError, DataError, invariant } from '../../util/errors.js'
import { expectFields, expectKind, expectOptions, flag, name, text, whole } from '../../util/expect.js'
import { type Dataset, type HeldOutRecord, imageNetNormalisation, type Pictures } from '../dataset.js'
import { holdOutFolder } from './hold-out-folder.node.js'
import { checkOptions, evenly, loadParts, type PictureOptions } from './load-parts.node.js'
import { listFolder } from './picture-files.node.js'

/** How a folder is read, and which of its pictures are used. */
export interface TestFolderOptions extends PictureOptions {
  /** Tests on so many pictures, equally many of each class if possible; by default all. */
  readonly limit?: number | undefined
  /**
   * The pictures that fine-tuning held out, from its checkpoint (`checkpoint.data.heldOut`). Used if there is no test
   * part.
   */
  readonly heldOut?: HeldOutRecord | null | undefined
  /**
   * Whether the network was fine-tuned by a version that did not record its held-out pictures. Refused without `all`.
   */
  readonly isUnrecorded?: boolean | undefined
  /** Tests on all pictures of every part, including those that the network learned from. */
  readonly all?: boolean | undefined
}

/** Pictures to test on, with notes about them. */
export interface TestFolder {
  /** Only `test` has pictures. */
  readonly data: Dataset
  /** The test pictures in words, for example `the 36 pictures in test/`. */
  readonly testedOn: string
  /** Sentences about skipped files, and about the reliability of the figures. */
  readonly notes: readonly string[]
}

const recordFields = { seed: whole(0), count: whole(1), of: whole(1), digest: text }

/**
 * Loads the pictures to test on: `test/` (or `val/` if there is no other), with or without `train/`; or for `<class>/*`
 * the held-out pictures, or all.
 * @throws DataError as `imageFolder` does, and if the pictures are not those of the record; ConfigError for `all` if
 * there is a test part, and for invalid options
 */
export async function testFolder(path: string, options: TestFolderOptions = {}): Promise<TestFolder> {
  expectKind(path, 'testFolder: path', name)
  expectOptions(options, 'testFolder: options', { limit: whole(1), isUnrecorded: flag, all: flag })
  const { limit, heldOut, isUnrecorded = false, all = false, ...read } = options
  if (heldOut !== undefined && heldOut !== null)
    expectFields(
      heldOut,
      'testFolder: options.heldOut',
      'the record of what was held out, of a checkpoint',
      recordFields,
    )
  checkOptions({ ...read, limit: { test: limit } })
  const listing = await listFolder(path)
  const { classes, parts, isWhole } = listing
  if (isWhole && !all && !heldOut && isUnrecorded)
    throw new DataError(
      `${path}: these weights do not say which pictures were held out when they learned from such a folder; judge all of them with --all, those that they learned from among them`,
    )
  const part = isWhole ? 'train' : parts.has('test') ? 'test' : 'val'
  const judged = parts.get(part)
  invariant(judged, `${path} was listed without parts`)
  if (all && !isWhole)
    throw new ConfigError(
      `--all: ${path} has a part to test on, ${judged.inside}/; leave it out, or give another folder`,
    )
  const { loaded, unreadable, copies } = await loadParts(path, { classes, parts: new Map([[part, judged]]) }, read)
  const pictures = loaded.get(part)
  invariant(pictures, `${path} was listed without pictures`)
  const folder = (test: Pictures, testedOn: string, notes: readonly string[]): TestFolder => ({
    data: {
      name: 'folder',
      classes,
      train: { ...test, count: 0, labels: test.labels.subarray(0, 0), files: [] },
      test: limit === undefined ? test : evenly(test, limit),
      normalisation: imageNetNormalisation,
      unreadable,
    },
    testedOn,
    notes: [...listing.notes, ...notes],
  })
  if (!isWhole) return folder(pictures, `the ${pictures.count} pictures in ${judged.inside}/`, [])
  if (heldOut && !all) {
    const { test, record, notes } = holdOutFolder(path, listing, pictures, copies, {
      again: heldOut,
      remedy: 'judge all of its pictures with --all',
    })
    const which = `the ${record.count} of ${pictures.count} pictures that were held out when these weights learned`
    return folder(test, `${which} (seed ${record.seed})`, notes)
  }
  const warning =
    heldOut || isUnrecorded
      ? 'these weights learned from most of the pictures that they are judged on, if it is the same folder: the error is too small, and says little of other pictures'
      : 'it has no part to test on, so all of its pictures are judged; where the weights learned from some of them the error is too small'
  return folder(pictures, `all ${pictures.count} pictures`, [warning])
}
