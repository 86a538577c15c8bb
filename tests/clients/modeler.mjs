// The Modeler's own library, in a page: loads templates, applies them to elements, returns the diagram as the Modeler would save it.
import { CloudElementTemplatesCoreModule, ElementTemplatesCoreModule } from "bpmn-js-element-templates/core";
import CloudBehaviors from "camunda-bpmn-js-behaviors/lib/camunda-cloud";
import Modeler from "bpmn-js/lib/Modeler";
import PlatformBehaviors from "camunda-bpmn-js-behaviors/lib/camunda-platform";
import camunda from "camunda-bpmn-moddle/resources/camunda.json";
import zeebe from "zeebe-bpmn-moddle/resources/zeebe.json";

const PLATFORMS = {
  camunda7: { additionalModules: [ElementTemplatesCoreModule, PlatformBehaviors], moddleExtensions: { camunda } },
  camunda8: { additionalModules: [CloudElementTemplatesCoreModule, CloudBehaviors], moddleExtensions: { zeebe } },
};

function openModeler(platform, templates) {
  const modeler = new Modeler({ container: document.createElement("div"), ...PLATFORMS[platform] });
  const told = [];
  for (const kind of ["errors", "warnings"]) {
    modeler.get("eventBus").on(`elementTemplates.${kind}`, (event) => told.push(...event[kind].map((one) => one.message)));
  }
  modeler.get("elementTemplatesLoader").setTemplates(templates);
  return { modeler, told };
}

// wanted: element id -> template id; typed: element id -> {input: what the designer types over the proposal afterwards} (Camunda 8)
window.applyTemplates = async (platform, xml, templates, wanted, typed) => {
  const { modeler, told } = openModeler(platform, templates);
  await modeler.importXML(xml);
  const elements = modeler.get("elementRegistry");
  const catalogue = modeler.get("elementTemplates");
  for (const [id, template] of Object.entries(wanted)) {
    catalogue.applyTemplate(elements.get(id), catalogue.getLatest(template)[0]);
    for (const [name, source] of Object.entries(typed[id] || {})) {
      const mappings = elements.get(id).businessObject.extensionElements.values.find((one) => one.$type === "zeebe:IoMapping");
      const input = mappings.inputParameters.find((one) => one.target === name);
      modeler.get("modeling").updateModdleProperties(elements.get(id), input, { source });
    }
  }
  return { xml: (await modeler.saveXML({ format: true })).xml, told, known: catalogue.getLatest().map((one) => one.id) };
};
