import type { Source } from "./engine/protocol.js";

export interface SamplePicture {
  readonly name: string;
  readonly url: string;
  readonly about: string;
}

/** The photographs of fixtures/images, whose README names their licences. */
export const samplePictures: readonly SamplePicture[] = [
  {
    name: "chelsea.png",
    url: new URL("../fixtures/images/chelsea.png", import.meta.url).href,
    about: "a cat",
  },
  {
    name: "coffee.png",
    url: new URL("../fixtures/images/coffee.png", import.meta.url).href,
    about: "a cup of coffee",
  },
  {
    name: "rocket.jpg",
    url: new URL("../fixtures/images/rocket.jpg", import.meta.url).href,
    about: "a rocket",
  },
  {
    name: "china.png",
    url: new URL("../fixtures/images/china.png", import.meta.url).href,
    about: "a palace",
  },
];

/** EfficientNet-lite0 with its ImageNet weights, and the preprocessing file beside it. */
export const sampleModel = {
  file: {
    name: "efficientnet-lite0.onnx",
    url: new URL("../fixtures/efficientnet-lite0/efficientnet-lite0.onnx", import.meta.url).href,
  } satisfies Source,
  preprocessing: new URL(
    "../fixtures/efficientnet-lite0/efficientnet-lite0.preprocess.json",
    import.meta.url,
  ).href,
};

export const imagenetLabels = new URL("../assets/labels/imagenet.json", import.meta.url).href;
