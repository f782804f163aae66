// What Vite makes of imports that are no modules: the address of the file.
declare module '*.wasm?url' {
  const url: string;
  export default url;
}

declare module '*.ts?worker&url' {
  const url: string;
  export default url;
}

// … and of these the text.
declare module '*.html?raw' {
  const text: string;
  export default text;
}
