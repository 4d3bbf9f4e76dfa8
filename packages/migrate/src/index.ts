export { type ElectricStatement, parseElectricStatement } from './sql/electric-statement.ts';
export { type SplitStatement, splitStatements } from './sql/split.ts';
export type { TableName } from './sql/token-reader.ts';
