// Known to the bundler where it is installed; nothing of it is used but that it registers itself with tfjs.
declare module "@tensorflow/tfjs-backend-webgpu";
