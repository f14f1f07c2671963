import jsdoc from "eslint-plugin-jsdoc";
import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    ignores: [
      "dist/",
      "web/dist/",
      "coverage/",
      "demo/",
      "site/",
      "node_modules/",
      "test/end-to-end/library/",
      "test/package/",
    ],
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { jsdoc },
    rules: {
      // `noUncheckedIndexedAccess` is on: in numeric loops `!` says that the index is in range.
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-redeclare": "error",
      "@typescript-eslint/no-shadow": ["error", { allow: ["_"] }],
      "no-duplicate-imports": ["error", { allowSeparateTypeImports: true }],
      "jsdoc/check-param-names": [
        "error",
        { checkDestructured: false, disableMissingParamChecks: true },
      ],
      "jsdoc/check-tag-names": "error",
      "jsdoc/empty-tags": "error",
      "jsdoc/no-types": "error",
      "jsdoc/require-param-description": "error",
    },
  },
  {
    files: ["src/model/*.ts", "converters/*/*.ts"],
    rules: {
      "jsdoc/require-jsdoc": [
        "error",
        { publicOnly: true, require: { FunctionDeclaration: true, ClassDeclaration: true } },
      ],
    },
  },
  {
    // The page's script is the one file of src that may use what only a browser has.
    files: ["src/**/*.ts"],
    ignores: ["src/compare/page-behavior.ts", "src/**/*.browser.ts"],
    rules: { "no-restricted-globals": ["error", "document", "window", "localStorage"] },
  },
);
