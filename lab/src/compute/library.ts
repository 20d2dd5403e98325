/** What the service needs of the package: functions that both of its entries have, for browsers and for Node. */
export type Library = Pick<
  typeof import('resnet.ts'),
  | 'arrangeBlocks'
  | 'builtin'
  | 'cifarBasic'
  | 'complexity'
  | 'ConfigError'
  | 'createTrainer'
  | 'decodeCheckpoint'
  | 'decodeNetwork'
  | 'encodeCheckpoint'
  | 'evaluateCheckpoint'
  | 'exportOnnx'
  | 'openEngine'
  | 'plainTwin'
  | 'preset'
  | 'probe'
  | 'removeBlock'
  | 'resumeTrainer'
  | 'sha256'
  | 'untrained'
  | 'validateSpec'
>
